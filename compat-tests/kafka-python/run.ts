import { join } from 'node:path'
import { addPythonCases } from '../harness/python-cases.ts'
import { installKafkaPython, KAFKA_PYTHON_VERSIONS } from '../harness/python-clients.ts'
import { Suite } from '../harness/suite.ts'

const suite = new Suite('kafka-python')
for (const version of KAFKA_PYTHON_VERSIONS) {
  const admin = version.startsWith('2.') ? 'admin_2.py' : 'admin_3.py'
  for (const script of ['clients.py', admin]) {
    addPythonCases(suite, version, () => installKafkaPython(version), join(import.meta.dirname, script))
  }
}
await suite.run()
