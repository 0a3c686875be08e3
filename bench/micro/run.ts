/**
 * npm run bench:micro            small parts of the hot path, each beside an alternative; minutes, writes nothing
 * npm run bench:micro -- NAME... some of them
 */
import { benchAdmission } from './admission.ts'
import { benchBatchCheck } from './batch-check.ts'
import { benchBatchFinder } from './batch-finder.ts'
import { benchCodecs } from './codecs.ts'
import { benchCrc32c } from './crc32c.ts'
import { benchGroupCommit } from './group-commit.ts'
import { benchIndexLookUp } from './index-look-up.ts'
import { benchTimers } from './timers.ts'

const BENCHES = new Map<string, () => void | Promise<void>>([
  ['batch-check', benchBatchCheck],
  ['batch-finder', benchBatchFinder],
  ['codecs', benchCodecs],
  ['crc32c', benchCrc32c],
  ['index-look-up', benchIndexLookUp],
  ['timers', benchTimers],
  ['group-commit', benchGroupCommit],
  ['admission', benchAdmission],
])

const names = process.argv.slice(2)
const unknown = names.find(name => !BENCHES.has(name))
if (unknown !== undefined)
  throw new Error(`no such bench: ${unknown}. There is ${[...BENCHES.keys()].join(', ')}`)
for (const [name, bench] of BENCHES) if (names.length === 0 || names.includes(name)) await bench()
