import type { DeviceMapper } from './device-mapper.ts';
import { tableOf } from './device-mapper.ts';
import type { DeviceNames } from './device-names.ts';

/**
 * Names whose links lead to maps of the kernel's device-mapper. A map stays upon the device that it was made of: what takes that one's number
 * later is never reached by the name. A map holds its device, so where something else holds it already, the name is a link to the device.
 */
export function createMappedNames(links: DeviceNames, mapper: DeviceMapper): DeviceNames {
  return {
    async set(name, device) {
      const path = (await mapper.map(name, device)) ?? device.path;
      return links.set(name, { ...device, path });
    },
    async remove(name) {
      await mapper.unmap(name);
      await links.remove(name);
    },
    async shows(name, device) {
      if (await links.shows(name, device)) return !(await mapper.list()).has(name);
      if (!(await links.shows(name, { ...device, path: mapper.pathOf(name) }))) return false;
      return (await mapper.list()).get(name) === tableOf(device);
    },
    async list() {
      const maps = [...(await mapper.list()).keys()].map((name) => [name, mapper.pathOf(name)] as const);
      return new Map([...maps, ...(await links.list())]);
    },
  };
}
