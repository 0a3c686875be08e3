/**
 * `describe`, which gives the same object again for what it was asked before: a few bytes name a thing once more, and
 * what is told of it may have megabytes. The answer repeats it as Kafka's does, as far as an answer's bound allows.
 */
export function describedOnce<Asked, Description>(
  keyOf: (asked: Asked) => string,
  describe: (asked: Asked) => Description,
): (asked: Asked) => Description {
  const descriptions = new Map<string, Description>()
  return asked => {
    const key = keyOf(asked)
    let description = descriptions.get(key)
    if (description === undefined) {
      description = describe(asked)
      descriptions.set(key, description)
    }
    return description
  }
}
