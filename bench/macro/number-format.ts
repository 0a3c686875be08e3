import type { Summary } from './statistics.ts'

/** Three digits are more than the machine is good for. */
export function number(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US')
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2)
}

export function spread({ median, min, max }: Summary): string {
  if (min === max) return number(median)
  return `${number(median)} (${number(min)}-${number(max)})`
}
