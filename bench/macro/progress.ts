/** One line that changes in place on a terminal; elsewhere a line for each step. */
export class Progress {
  readonly #stepCount: number
  readonly #startedAtMs: number
  readonly #nowMs: () => number
  #doneCount = 0

  constructor(stepCount: number, nowMs: () => number) {
    this.#stepCount = stepCount
    this.#nowMs = nowMs
    this.#startedAtMs = nowMs()
  }

  step(what: string): void {
    this.#doneCount += 1
    const passedS = (this.#nowMs() - this.#startedAtMs) / 1000
    const leftS = (passedS / this.#doneCount) * (this.#stepCount - this.#doneCount)
    const line = `[${this.#doneCount}/${this.#stepCount}, ${Math.ceil(leftS)} s left] ${what}`
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`)
  }

  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\n')
  }
}
