import { startKafkaUnderTest } from '../harness/kafka-node.ts'
import { KafkaRelease } from '../harness/kafka-release.ts'
import { Suite } from '../harness/suite.ts'
import { addAdminCases } from './admin-cases.ts'
import { addConfigCases } from './config-cases.ts'
import { addConsoleCases } from './console-cases.ts'
import { addGroupCases } from './group-cases.ts'
import { addGroupLifeCases } from './group-life-cases.ts'
import { KafkaTools } from './kafka-tools.ts'
import { addPerformanceCases } from './performance-cases.ts'
import { addProducerLifeCases } from './producer-life-cases.ts'

const NEWER = new KafkaRelease('4.3.1')
const RELEASES = [NEWER, new KafkaRelease('3.9.2')]
const ADDERS = [
  addAdminCases,
  addConfigCases,
  addConsoleCases,
  addPerformanceCases,
  addGroupCases,
  addProducerLifeCases,
  addGroupLifeCases,
]
const NOT_RUN_EXIT_CODE = 2

async function main(): Promise<void> {
  const suite = new Suite('kafka-tools')
  const all = RELEASES.map(release => new KafkaTools(release))
  for (const tools of all) {
    const missing = tools.release.fetch()
    if (missing !== null) {
      console.log(`NOT RUN kafka-tools: ${missing}`)
      process.exit(NOT_RUN_EXIT_CODE)
    }
    for (const add of ADDERS) add(suite, tools)
  }
  process.once('exit', () => {
    for (const tools of all) tools.close()
  })
  if (process.argv.includes('--kafka')) await suite.run(() => startKafkaUnderTest(NEWER))
  else await suite.run()
}

await main()
