import { expect, test } from 'vitest'
import { ErrorCode } from '../protocol/error-code.ts'
import { RecordBatch } from '../protocol/record-batch.ts'
import type { Offer } from '../replication/admission.ts'
import type { Partition } from '../replication/partition.ts'
import { BEHIND } from '../replication/producer-hold.ts'
import type { AppendResult } from '../storage/append-result.ts'
import type { RequestContext } from './handler.ts'
import { PendingProduce } from './pending-produce.ts'

const APPENDED: AppendResult = {
  ok: true,
  baseOffset: 0,
  lastOffset: 0,
  logAppendTimeMs: -1,
  logStartOffset: 0,
  duplicate: false,
}

test('the frame stays until the last batch that waits for its turn had it, and is let go once', () => {
  const calls: string[] = []
  const context = {
    nowMs: 0,
    retainFrame: () => void calls.push('retain'),
    releaseFrame: () => void calls.push('release'),
    respond: () => void calls.push('respond'),
  } as Partial<RequestContext> as RequestContext
  const offers: Offer[] = []
  const partition = {
    offer: offer => {
      offers.push(offer)
      return false
    },
    awaitCommit: (_endOffset, waiter) => waiter.onSettled(ErrorCode.NONE),
  } as Pick<Partition, 'offer' | 'awaitCommit'> as Partition
  const pending = new PendingProduce({ acks: -1, timeoutMs: 0 }, context)
  pending.beginTopic('t', '')
  for (let index = 0; index < 3; index += 1) pending.offer(index, partition, new Uint8Array(1))
  pending.endOfRequest()
  expect(calls).toEqual(['retain'])
  offers[1]!.onAdmitted(APPENDED)
  offers[0]!.onAdmitted(APPENDED)
  expect(calls).toEqual(['retain'])
  offers[2]!.onAdmitted(APPENDED)
  expect(calls.toSorted()).toEqual(['release', 'respond', 'retain'])
})

/** A request whose batches the disk holds up, all of them. */
function heldRequest() {
  const calls: string[] = []
  const note = (call: string) => () => void calls.push(call)
  const context = {
    nowMs: 0,
    arrivedMs: 1000,
    retainFrame: note('retain'),
    releaseFrame: note('release'),
    holdConnectionBack: note('hold back'),
    letConnectionGoOn: note('go on'),
    closeBehindAnswers: note('close'),
    frameSizeBytes: 1_000_000,
    respond: note('respond'),
  } as Partial<RequestContext> as RequestContext
  const offers: Offer[] = []
  const heldBytes: number[] = []
  const partition = {
    offer: offer => {
      heldBytes.push(offer.heldBytes)
      offer.onHeld()
      offers.push(offer)
      return false
    },
    awaitCommit: (_endOffset, waiter) => waiter.onSettled(ErrorCode.NONE),
  } as Pick<Partition, 'offer' | 'awaitCommit'> as Partition
  const pending = new PendingProduce({ acks: -1, timeoutMs: 5 }, context)
  pending.beginTopic('t', '')
  return { calls, offers, heldBytes, pending, partition }
}

test('small batches that are held back are copied and keep no frame; their connection waits for all of them', () => {
  const { calls, offers, pending, partition } = heldRequest()
  const batches = [new Uint8Array(1), new Uint8Array(256 * 1024)]
  for (const [index, batch] of batches.entries()) pending.offer(index, partition, batch)
  pending.endOfRequest()
  expect(calls).toEqual(['hold back'])
  expect(offers.map(({ deadlineMs }) => deadlineMs)).toEqual([1005, 1005])
  for (const batch of batches) batch.fill(7)
  expect(offers.map(({ batch }) => batch[0])).toEqual([0, 0])
  offers[0]!.onAdmitted(APPENDED)
  expect(calls).toEqual(['hold back'])
  offers[1]!.onAdmitted(APPENDED)
  expect(calls.toSorted()).toEqual(['go on', 'hold back', 'respond'])
})

test('a large one stays in the frame', () => {
  const { calls, offers, pending, partition } = heldRequest()
  const batch = new Uint8Array(256 * 1024 + 1)
  pending.offer(0, partition, batch)
  pending.endOfRequest()
  expect([offers[0]!.batch === batch, calls]).toEqual([true, ['hold back', 'retain']])
  offers[0]!.onAdmitted(APPENDED)
  expect(calls.toSorted()).toEqual(['go on', 'hold back', 'release', 'respond', 'retain'])
})

test('the first batch that stays in the frame takes the memory of all of it', () => {
  const { heldBytes, pending, partition } = heldRequest()
  for (const sizeBytes of [10, 300_000, 300_000]) pending.offer(0, partition, new Uint8Array(sizeBytes))
  expect(heldBytes).toEqual([10, 1_000_000, 300_000])
})

test('one of a producer with an id that the disk is behind for ends the connection before any other goes in', () => {
  for (const [producerIdByte, expected] of [
    [0xff, ['go on', 'hold back', 'respond']],
    [0x00, ['close', 'go on', 'hold back', 'respond']],
  ] as const) {
    const { calls, offers, pending, partition } = heldRequest()
    const batch = new Uint8Array(RecordBatch.HEADER_SIZE_BYTES)
    batch[RecordBatch.PRODUCER_ID] = producerIdByte
    pending.offer(0, partition, batch)
    pending.endOfRequest()
    offers[0]!.onAdmitted(BEHIND)
    expect(calls.toSorted()).toEqual(expected)
  }
})
