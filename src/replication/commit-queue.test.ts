import { expect, test } from 'vitest'
import { ErrorCode } from '../protocol/error-code.ts'
import { CommitQueue, type CommitWaiter } from './commit-queue.ts'

const { NONE, KAFKA_STORAGE_ERROR } = ErrorCode

/** Its waiters, named 0, 1 and so on, write down what they are told. */
function queueOf(...endOffsets: readonly number[]) {
  const queue = new CommitQueue()
  const told: (readonly [number, number])[] = []
  for (const [name, endOffset] of endOffsets.entries()) {
    queue.push(endOffset, { onSettled: errorCode => told.push([name, errorCode]) })
  }
  return { queue, told }
}

test('those whose records are safe are told in their order, each once', () => {
  const { queue, told } = queueOf(2, 3, 5)
  queue.settleUpTo(1, NONE)
  expect(told).toEqual([])
  queue.settleUpTo(3, NONE)
  queue.settleUpTo(4, NONE)
  expect(told).toEqual([
    [0, NONE],
    [1, NONE],
  ])
  queue.settleUpTo(5, NONE)
  expect(told).toHaveLength(3)
  queue.settleUpTo(9, NONE)
  expect(told).toHaveLength(3)
})

test('a repeated batch, whose offset is lower, is told together with those before it', () => {
  const { queue, told } = queueOf(5, 2, 6)
  queue.settleUpTo(2, NONE)
  expect(told).toEqual([])
  queue.settleUpTo(5, NONE)
  expect(told.map(([name]) => name)).toEqual([0, 1])
})

test('a failure tells those behind an offset and leaves the others, in whatever order they came', () => {
  const { queue, told } = queueOf(2, 6, 3, 4)
  queue.settleFrom(3, KAFKA_STORAGE_ERROR)
  expect(told).toEqual([
    [1, KAFKA_STORAGE_ERROR],
    [3, KAFKA_STORAGE_ERROR],
  ])
  queue.settleUpTo(3, NONE)
  expect(told.slice(2)).toEqual([
    [0, NONE],
    [2, NONE],
  ])
})

test('a waiter that waits again while it is told is not told twice', () => {
  const queue = new CommitQueue()
  const told: number[] = []
  const waiterOf = (name: number): CommitWaiter => ({
    onSettled: () => {
      told.push(name)
      if (name === 0) queue.push(9, waiterOf(7))
    },
  })
  queue.push(1, waiterOf(0))
  queue.push(2, waiterOf(1))
  queue.settleUpTo(2, NONE)
  expect(told).toEqual([0, 1])
  queue.settleFrom(-1, KAFKA_STORAGE_ERROR)
  expect(told).toEqual([0, 1, 7])
})
