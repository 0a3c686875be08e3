import { array, int16, int32, int64, message, string, struct, uuid } from '../schema.ts'

export const TxnOffsetCommitRequest = message({
  kind: 'request',
  name: 'TxnOffsetCommitRequest',
  apiKey: 28,
  versions: '0-6',
  flexible: '3+',
  about: 'The request of TxnOffsetCommit.',
  fields: {
    transactionalId: string('0+'),
    groupId: string('0+'),
    producerId: int64('0+'),
    producerEpoch: int16('0+'),
    generationIdOrMemberEpoch: int32('3+', { default: -1 }),
    memberId: string('3+', { default: '' }),
    groupInstanceId: string('3+', { nullable: '3+', default: null }),
    topics: array(
      struct('TxnOffsetCommitRequestTopic', {
        name: string('0-5', { ignorable: true }),
        topicId: uuid('6+', { ignorable: true }),
        partitions: array(
          struct('TxnOffsetCommitRequestPartition', {
            partitionIndex: int32('0+'),
            committedOffset: int64('0+'),
            committedLeaderEpoch: int32('2+', { default: -1, ignorable: true }),
            committedMetadata: string('0+', { nullable: '0+' }),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})

export const TxnOffsetCommitResponse = message({
  kind: 'response',
  name: 'TxnOffsetCommitResponse',
  apiKey: 28,
  versions: '0-6',
  flexible: '3+',
  about: 'The answer of TxnOffsetCommit.',
  fields: {
    throttleTimeMs: int32('0+'),
    topics: array(
      struct('TxnOffsetCommitResponseTopic', {
        name: string('0-5', { ignorable: true }),
        topicId: uuid('6+', { ignorable: true }),
        partitions: array(
          struct('TxnOffsetCommitResponsePartition', {
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
