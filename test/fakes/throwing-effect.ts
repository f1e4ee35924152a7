/** Effect `test.throw`. */
export function openEffect(): () => void {
  return () => {
    throw new Error('this effect always fails');
  };
}
