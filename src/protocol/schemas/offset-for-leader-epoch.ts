import { array, int16, int32, int64, message, string, struct } from '../schema.ts'

export const OffsetForLeaderEpochRequest = message({
  kind: 'request',
  name: 'OffsetForLeaderEpochRequest',
  apiKey: 23,
  versions: '0-4',
  flexible: '4+',
  about: 'The request of OffsetForLeaderEpoch.',
  fields: {
    replicaId: int32('3+', { default: -2, ignorable: true }),
    topics: array(
      struct('OffsetForLeaderTopic', {
        topic: string('0+'),
        partitions: array(
          struct('OffsetForLeaderPartition', {
            partition: int32('0+'),
            currentLeaderEpoch: int32('2+', { default: -1, ignorable: true }),
            leaderEpoch: int32('0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})

export const OffsetForLeaderEpochResponse = message({
  kind: 'response',
  name: 'OffsetForLeaderEpochResponse',
  apiKey: 23,
  versions: '0-4',
  flexible: '4+',
  about: 'The answer of OffsetForLeaderEpoch.',
  fields: {
    throttleTimeMs: int32('2+', { ignorable: true }),
    topics: array(
      struct('OffsetForLeaderTopicResult', {
        topic: string('0+'),
        partitions: array(
          struct('EpochEndOffset', {
            errorCode: int16('0+'),
            partition: int32('0+'),
            leaderEpoch: int32('1+', { default: -1, ignorable: true }),
            endOffset: int64('0+', { default: -1 }),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})
