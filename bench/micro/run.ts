/** npm run bench:micro: small parts of the hot path, each beside an alternative; a minute, writes nothing. */
import { benchBatchCheck } from './batch-check.ts'
import { benchBatchFinder } from './batch-finder.ts'

benchBatchCheck()
benchBatchFinder()
