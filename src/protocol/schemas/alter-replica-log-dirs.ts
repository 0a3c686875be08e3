import { array, int16, int32, message, string, struct } from '../schema.ts'

export const AlterReplicaLogDirsRequest = message({
  kind: 'request',
  name: 'AlterReplicaLogDirsRequest',
  apiKey: 34,
  versions: '0-2',
  flexible: '2+',
  about: 'The request of AlterReplicaLogDirs.',
  fields: {
    dirs: array(
      struct('AlterReplicaLogDir', {
        path: string('0+'),
        topics: array(
          struct('AlterReplicaLogDirTopic', {
            name: string('0+'),
            partitions: array('int32', '0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})

export const AlterReplicaLogDirsResponse = message({
  kind: 'response',
  name: 'AlterReplicaLogDirsResponse',
  apiKey: 34,
  versions: '0-2',
  flexible: '2+',
  about: 'The answer of AlterReplicaLogDirs.',
  fields: {
    throttleTimeMs: int32('0+'),
    results: array(
      struct('AlterReplicaLogDirTopicResult', {
        topicName: string('0+'),
        partitions: array(
          struct('AlterReplicaLogDirPartitionResult', {
            partitionIndex: int32('0+'),
            errorCode: int16('0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})
