import { installPythonClient } from './python-client.ts'

/** PyPI's wheel of librdkafka 2.16. */
export function installConfluentKafka(): string {
  return installPythonClient('confluent-kafka', ['confluent-kafka==2.16.1'])
}

/** The releases of kafka-python that are tried: the one that most programs still pin, and the newest. */
export const KAFKA_PYTHON_VERSIONS = ['2.0.2', '3.0.12'] as const

/** Python 3.12 cannot import the copy of six that kafka-python 2.0.2 brings along. */
const SIX_OF_ITS_OWN = "import sys, six; sys.modules['kafka.vendor.six.moves'] = six.moves"

/** With the packages that its codecs need. */
export function installKafkaPython(version: string): string {
  const codecs = ['python-snappy==0.7.3', 'lz4==4.4.4', 'zstandard==0.25.0']
  const requirements = [`kafka-python==${version}`, ...codecs]
  const name = `kafka-python-${version}`
  if (version !== '2.0.2') return installPythonClient(name, requirements)
  return installPythonClient(name, [...requirements, 'six==1.17.0'], SIX_OF_ITS_OWN)
}
