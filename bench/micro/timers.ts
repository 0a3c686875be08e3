import { performance } from 'node:perf_hooks'
import { TimerTable } from '../../src/coordination/timer-table.ts'
import { SystemTimers } from '../../src/platform/system-timers.ts'
import { cpuUsPerCall, printLine } from './measure.ts'

const CALLS = 100_000
const MEMBERS = 1_000
const SESSION_MS = 45_000
const FETCH_WAIT_MS = 500

/** What a heartbeat and a parked fetch pay for their timers, beside a setTimeout for each. */
export function benchTimers(): void {
  const timers = new SystemTimers()
  const table = new TimerTable(
    timers,
    () => performance.now(),
    () => undefined,
  )
  const keys = Array.from({ length: MEMBERS }, (_, member) => `member-${member}`)
  let next = 0
  const key = () => {
    next = (next + 1) % MEMBERS
    return keys[next]!
  }
  const us = cpuUsPerCall(() => table.set(key(), SESSION_MS), CALLS)
  for (const each of keys) table.clear(each)
  const anew = new Map<string, NodeJS.Timeout>()
  const anewUs = cpuUsPerCall(() => {
    const member = key()
    clearTimeout(anew.get(member))
    anew.set(
      member,
      setTimeout(() => undefined, SESSION_MS),
    )
  }, CALLS)
  for (const timeout of anew.values()) clearTimeout(timeout)
  printLine('a session put off', us, 'its timeout set anew', anewUs)
  const parkedUs = cpuUsPerCall(() => timers.set(FETCH_WAIT_MS, () => undefined).cancel(), CALLS)
  const bareUs = cpuUsPerCall(() => clearTimeout(setTimeout(() => undefined, FETCH_WAIT_MS)), CALLS)
  printLine('a fetch parked and answered', parkedUs, 'bare setTimeout', bareUs)
}
