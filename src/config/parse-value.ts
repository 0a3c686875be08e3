import { type ConfigDefinition, ConfigType } from './definitions/definition.ts'

const INTEGER = /^[+-]?\d+$/
const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/
const BOUNDS: ReadonlyMap<ConfigType, readonly [bigint, bigint]> = new Map([
  [ConfigType.SHORT, [-32_768n, 32_767n]],
  [ConfigType.INT, [-2_147_483_648n, 2_147_483_647n]],
  [ConfigType.LONG, [-(2n ** 63n), 2n ** 63n - 1n]],
])

/** A number of a validated config text; what no double holds exactly is clamped to a safe integer. */
export function parseNumber(text: string): number {
  const value = Number(text)
  if (value > Number.MAX_SAFE_INTEGER) return Number.MAX_SAFE_INTEGER
  return Math.max(value, Number.MIN_SAFE_INTEGER)
}

/** Null when the text is a legal value of the key, else what is wrong with it, in one sentence without a full stop. */
export function problemOfValue(definition: ConfigDefinition, text: string): string | null {
  const value = text.trim()
  const wrong = (reason: string) => `Invalid value ${text} for configuration ${definition.name}: ${reason}`
  switch (definition.type) {
    case ConfigType.BOOLEAN:
      return /^(true|false)$/i.test(value) ? null : wrong('Expected value to be either true or false')
    case ConfigType.SHORT:
    case ConfigType.INT:
    case ConfigType.LONG:
    case ConfigType.DOUBLE: {
      const reason = problemOfNumber(definition, value)
      return reason === null ? null : wrong(reason)
    }
    case ConfigType.LIST:
      return problemOfList(definition, value, wrong)
    default:
      return definition.validValues === undefined || definition.validValues.includes(value)
        ? null
        : wrong(`String must be one of: ${definition.validValues.join(', ')}`)
  }
}

function problemOfNumber(definition: ConfigDefinition, value: string): string | null {
  const isDouble = definition.type === ConfigType.DOUBLE
  if (!(isDouble ? DECIMAL : INTEGER).test(value)) {
    return `Not a number of type ${isDouble ? 'DOUBLE' : integerName(definition.type)}`
  }
  const bounds = BOUNDS.get(definition.type)
  if (bounds !== undefined) {
    const exact = BigInt(value.replace('+', ''))
    if (exact < bounds[0] || exact > bounds[1]) return `Not a number of type ${integerName(definition.type)}`
  }
  const number = Number(value)
  if (number === definition.excluded) return `Value must not be ${number}`
  if (definition.min !== undefined && number < definition.min) {
    return `Value must be at least ${definition.min}`
  }
  if (definition.max !== undefined && number > definition.max) {
    return `Value must be no more than ${definition.max}`
  }
  return null
}

function problemOfList(
  definition: ConfigDefinition,
  value: string,
  wrong: (reason: string) => string,
): string | null {
  if (definition.validValues === undefined) return null
  for (const element of value.split(',').map(part => part.trim())) {
    if (!definition.validValues.includes(element)) {
      return wrong(`String must be one of: ${definition.validValues.join(', ')}`)
    }
  }
  return null
}

function integerName(type: ConfigType): string {
  if (type === ConfigType.SHORT) return 'SHORT'
  return type === ConfigType.INT ? 'INT' : 'LONG'
}
