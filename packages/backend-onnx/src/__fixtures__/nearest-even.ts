/** The nearest integer, of two the even one; no negative zero. */
export function nearestEven(value: number): number {
  const nearest = Math.round(value);
  return (Math.abs(value % 1) === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest) + 0;
}
