import { expect, test } from 'vitest'
import { ErrorCode } from '../protocol/error-code.ts'
import { CommitQueue, type CommitWaiter } from './commit-queue.ts'

const { NONE, KAFKA_STORAGE_ERROR } = ErrorCode

class Recorder implements CommitWaiter {
  readonly told: (readonly [number, number])[] = []

  onSettled(token: number, errorCode: ErrorCode): void {
    this.told.push([token, errorCode])
  }
}

function queueOf(...endOffsets: readonly number[]) {
  const queue = new CommitQueue()
  const waiter = new Recorder()
  for (const [token, endOffset] of endOffsets.entries()) queue.push(endOffset, waiter, token)
  return { queue, waiter }
}

test('those whose records are safe are told in their order, each once', () => {
  const { queue, waiter } = queueOf(2, 3, 5)
  queue.settleUpTo(1, NONE)
  expect(waiter.told).toEqual([])
  queue.settleUpTo(3, NONE)
  queue.settleUpTo(4, NONE)
  expect(waiter.told).toEqual([
    [0, NONE],
    [1, NONE],
  ])
  queue.settleUpTo(5, NONE)
  expect(waiter.told).toHaveLength(3)
  queue.settleUpTo(9, NONE)
  expect(waiter.told).toHaveLength(3)
})

test('a repeated batch, whose offset is lower, is told together with those before it', () => {
  const { queue, waiter } = queueOf(5, 2, 6)
  queue.settleUpTo(2, NONE)
  expect(waiter.told).toEqual([])
  queue.settleUpTo(5, NONE)
  expect(waiter.told.map(([token]) => token)).toEqual([0, 1])
})

test('a failure tells those behind an offset and leaves the others, in whatever order they came', () => {
  const { queue, waiter } = queueOf(2, 6, 3, 4)
  queue.settleFrom(3, KAFKA_STORAGE_ERROR)
  expect(waiter.told).toEqual([
    [1, KAFKA_STORAGE_ERROR],
    [3, KAFKA_STORAGE_ERROR],
  ])
  queue.settleUpTo(3, NONE)
  expect(waiter.told.slice(2)).toEqual([
    [0, NONE],
    [2, NONE],
  ])
})

test('a waiter that waits again while it is told is not told twice', () => {
  const queue = new CommitQueue()
  const told: number[] = []
  const waiter: CommitWaiter = {
    onSettled: token => {
      told.push(token)
      if (token === 0) queue.push(9, waiter, 7)
    },
  }
  queue.push(1, waiter, 0)
  queue.push(2, waiter, 1)
  queue.settleUpTo(2, NONE)
  expect(told).toEqual([0, 1])
  queue.settleFrom(-1, KAFKA_STORAGE_ERROR)
  expect(told).toEqual([0, 1, 7])
})
