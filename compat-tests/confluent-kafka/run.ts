import { join } from 'node:path'
import { addPythonCases } from '../harness/python-cases.ts'
import { installConfluentKafka } from '../harness/python-clients.ts'
import { Suite } from '../harness/suite.ts'

const suite = new Suite('confluent-kafka')
for (const script of ['produce_cases.py', 'consume_cases.py', 'group_cases.py', 'admin_cases.py']) {
  addPythonCases(suite, '2.16.1', installConfluentKafka, join(import.meta.dirname, script))
}
await suite.run()
