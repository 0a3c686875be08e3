import { expect, test } from 'vitest'
import { ErrorCode } from '../protocol/error-code.ts'
import type { Offer } from '../replication/admission.ts'
import type { Partition } from '../replication/partition.ts'
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
  const pending = new PendingProduce(-1, context)
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
