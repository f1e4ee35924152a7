/** A device's number as sysfs writes it, `major:minor`. Linux: 12 bits of major, 20 of minor (sys/sysmacros.h, gnu_dev_major). */
export function numberOf(rdev: number): string {
  const major = (rdev >> 8) & 0xfff;
  const minor = (rdev & 0xff) | ((rdev >> 12) & 0xfff00);
  return `${major}:${minor}`;
}
