/** Throws a RangeError that names an option which is given and no whole number in its limits. */
export function checkWhole(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return
  throw new RangeError(`${name} is ${value}; it must be a whole number from ${least} to ${most}`)
}
