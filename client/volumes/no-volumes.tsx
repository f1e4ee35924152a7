import type { ReactNode } from 'react';
import { Empty } from '../ui/answer-states.tsx';

const cloudstack = (
  <>
    <code>CLOUDSTACK_URL</code>, <code>CLOUDSTACK_API_KEY</code> and <code>CLOUDSTACK_SECRET_KEY</code>
  </>
);

/** Says where volumes would be kept, and how to choose another provider. */
const places: Readonly<Record<string, ReactNode>> = {
  demo: (
    <>
      This server runs the demo: volumes and devices are simulated. For real volumes, start it with{' '}
      <code>LIBVIRT_URI</code> naming a libvirt (for example <code>qemu:///system</code>), or with {cloudstack}.
    </>
  ),
  libvirt: (
    <>
      New volumes are kept in libvirt’s storage pool <code>default</code>; start the server with{' '}
      <code>VOLUME_POOL</code> to use another one, or with {cloudstack} to manage the volumes of a CloudStack.
    </>
  ),
  cloudstack: (
    <>
      New volumes are kept in CloudStack; <code>CLOUDSTACK_ZONE</code> and <code>CLOUDSTACK_OFFERING</code> name where
      and which kind.
    </>
  ),
};

export function NoVolumes({ provider, create }: { readonly provider: string; readonly create: ReactNode }) {
  return (
    <Empty action={create}>
      <strong>No volumes yet.</strong> {places[provider]}
    </Empty>
  );
}
