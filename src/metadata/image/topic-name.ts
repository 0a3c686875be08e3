const NAME_CHARACTERS_MAX = 249
const LEGAL_NAME = /^[a-zA-Z0-9._-]+$/

/** Null when a topic may have the name, else what is wrong with it. */
export function problemOfTopicName(name: string): string | null {
  if (name === '') return 'Topic name is invalid: the empty string is not allowed'
  if (name === '.' || name === '..') return "Topic name is invalid: '.' or '..' is not allowed"
  if (name.length > NAME_CHARACTERS_MAX) {
    return `Topic name is invalid: the length of '${name}' is longer than the max allowed length ${NAME_CHARACTERS_MAX}`
  }
  if (LEGAL_NAME.test(name)) return null
  return (
    `Topic name is invalid: '${name}' contains one or more characters other than ` +
    "ASCII alphanumerics, '.', '_' and '-'"
  )
}

/** Names with the same key would share a metric name, in which `.` becomes `_`. */
export function collisionKey(name: string): string {
  return name.replaceAll('.', '_')
}
