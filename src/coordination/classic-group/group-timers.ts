/** Ends the join phase, or extends the initial rebalance delay. */
export const JOIN_TIMER = 'join'
/** Ends the wait for the SyncGroup requests of a generation. */
export const SYNC_TIMER = 'sync'
const SESSION_PREFIX = 'session:'

/** A member, or an id handed out with MEMBER_ID_REQUIRED, that has not been heard of. */
export function sessionTimer(memberId: string): string {
  return SESSION_PREFIX + memberId
}

/** The member whose session timer `key` is, null for another timer. */
export function memberOfTimer(key: string): string | null {
  return key.startsWith(SESSION_PREFIX) ? key.slice(SESSION_PREFIX.length) : null
}
