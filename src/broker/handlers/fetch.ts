import { type FetchRequest, type FetchResponseInit, fetchCodec } from '../../protocol/generated/fetch.ts'
import { DEFERRED, defineHandler } from '../handler.ts'
import { PendingFetch } from '../pending-fetch.ts'

/** FET-1 to FET-6, FSS-1. */
export const fetch = defineHandler<FetchRequest, FetchResponseInit>({
  codec: fetchCodec,
  versions: [4, 18],
  operations: ['READ TOPIC'],
  handle(request, context, services) {
    const { config, metadata, clock, fetchSessions, delayedFetches } = services
    const begun = fetchSessions.begin(request, context.apiVersion, metadata.image, clock.monotonicMs())
    if (!begun.ok) return { errorCode: begun.errorCode, sessionId: 0, responses: [] }
    const pending = new PendingFetch(begun.fetch, request, context, config.fetchMaxBytes)
    if (pending.read()) pending.answer()
    else pending.park(delayedFetches)
    return DEFERRED
  },
})
