import { type DownloadForm, downloadTarget, findArtifact } from '../artifact.ts';
import { builder, failsAlone } from '../builder.ts';
import { DownloadFormEnum } from '../enums.ts';
import { attempt, payloadType } from '../payload.ts';

interface Download {
  readonly url: string;
  readonly fileName: string;
  readonly sha256: string;
  readonly expiresAtMs: number;
}

const DownloadType = builder.objectRef<Download>('Download').implement({
  description: 'A way to fetch an artifact, for whoever has it: for the link of a browser, which can send no token.',
  fields: (t) => ({
    url: t.exposeString('url', {
      description: 'Path on this server; takes ranges. Good for ten minutes, and a secret until then.',
    }),
    fileName: t.exposeString('fileName', { description: 'What the file is called.' }),
    sha256: t.exposeString('sha256', { description: 'SHA-256 of the artifact as it lies on disk, in hex.' }),
    expiresAt: t.expose('expiresAtMs', { type: 'DateTime', description: 'When the link expires.' }),
  }),
});

const CreateDownloadPayload = payloadType<{ readonly download: Download }>(
  'CreateDownloadPayload',
  'The link that was made.',
  (t) => ({
    download: t.expose('download', { type: DownloadType, nullable: true, description: 'The link.' }),
  }),
);

builder.mutationField('createDownload', (t) =>
  t.field({
    type: CreateDownloadPayload,
    ...failsAlone,
    description:
      'Makes a link to a completed dump’s artifact. Scripts need none: they send their token to `/api/dumps/{id}/artifact`.',
    authScopes: { role: 'ADMIN' },
    skipTypeScopes: true,
    args: {
      id: t.arg.id({ required: true, description: 'The dump’s id.' }),
      form: t.arg({ type: DownloadFormEnum, required: true, defaultValue: 'FILE', description: 'In which form.' }),
    },
    resolve: attempt(async ({ id, form }: { id: string; form: DownloadForm }, { services, actor }) => {
      const { sha256, fileName } = await findArtifact(services, id);
      const { ticket, expiresAtMs } = services.access.tickets.issue(actor, downloadTarget(id, form));
      const query = new URLSearchParams({ ...(form === 'FILE' ? {} : { form: form.toLowerCase() }), ticket });
      const url = `/api/dumps/${id}/artifact?${query}`;
      return { download: { url, fileName: fileName(form), sha256, expiresAtMs } };
    }),
  }),
);
