const INTERVAL_MS = 100

/** Asks again and again until the answer is yes; an Error when it is not within the time. */
export async function until(
  what: string,
  maxMs: number,
  ask: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadlineMs = Date.now() + maxMs
  while (!(await ask())) {
    if (Date.now() > deadlineMs) throw new Error(`not within ${maxMs} ms: ${what}`)
    await new Promise(resolve => setTimeout(resolve, INTERVAL_MS))
  }
}
