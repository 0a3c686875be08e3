import { expect, test } from 'vitest'
import { ColdWait } from './cold-wait.ts'

/** Reads that end when they are told to; `asked` has those that were asked for and not taken back. */
class Reads {
  readonly asked = new Map<string, (errno: number) => void>()
  readonly events: string[] = []
  readonly wait = new ColdWait<string>(() => this.events.push('read'))

  add(...parts: string[]): void {
    this.wait.add(parts.map(part => ({ part, read: this.#readOf(part) })))
  }

  end(part: string, errno = 0): void {
    const done = this.asked.get(part)!
    this.asked.delete(part)
    done(errno)
  }

  #readOf(part: string) {
    return {
      wait: (done: (errno: number) => void) => {
        this.events.push(`ask ${part}`)
        this.asked.set(part, done)
        return () => void this.asked.delete(part)
      },
      begin: () => undefined,
    }
  }
}

test('FET-12 one Fetch asks for four reads at once, and for the next ones when there is room', () => {
  const reads = new Reads()
  reads.add('a', 'b', 'c', 'd', 'e', 'f')
  expect([...reads.asked.keys()]).toEqual(['a', 'b', 'c', 'd'])
  reads.end('b')
  expect(reads.events.at(-1)).toBe('read')
  reads.add('a', 'c', 'd', 'e', 'f')
  expect([...reads.asked.keys()]).toEqual(['a', 'c', 'd', 'e'])
})

test('a partition that is waited for is not asked for again', () => {
  const reads = new Reads()
  reads.add('a')
  reads.add('a', 'b')
  expect(reads.events).toEqual(['ask a', 'ask b'])
})

test('a partition that could not be read is remembered, and no other', () => {
  const reads = new Reads()
  reads.add('a', 'b')
  reads.end('a', 5)
  reads.end('b')
  expect([reads.wait.hasFailed('a'), reads.wait.hasFailed('b')]).toEqual([true, false])
})

test('what nobody waits for any more is taken back', () => {
  const reads = new Reads()
  reads.add('a', 'b')
  reads.wait.takeBack()
  expect(reads.asked.size).toBe(0)
})
