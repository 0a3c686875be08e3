import { array, int16, int32, int64, message, string, struct, uuid } from '../schema.ts'

export const OffsetCommitRequest = message({
  kind: 'request',
  name: 'OffsetCommitRequest',
  apiKey: 8,
  versions: '0-10',
  flexible: '8+',
  about: 'Stores the positions of a group.',
  fields: {
    groupId: string('0+'),
    generationIdOrMemberEpoch: int32('1+', {
      about: '-1 outside of a group generation.',
      default: -1,
      ignorable: true,
    }),
    memberId: string('1+', { ignorable: true }),
    groupInstanceId: string('7+', { nullable: '7+', default: null }),
    retentionTimeMs: int64('2-4', {
      about: 'How long to keep the offsets, -1 for the default of the broker.',
      default: -1,
      ignorable: true,
      saturating: true,
    }),
    topics: array(
      struct('OffsetCommitRequestTopic', {
        name: string('0-9', { ignorable: true }),
        topicId: uuid('10+', { ignorable: true }),
        partitions: array(
          struct('OffsetCommitRequestPartition', {
            partitionIndex: int32('0+'),
            committedOffset: int64('0+'),
            committedLeaderEpoch: int32('6+', { default: -1, ignorable: true }),
            commitTimestamp: int64('1', { default: -1, saturating: true }),
            committedMetadata: string('0+', { nullable: '0+' }),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})

export const OffsetCommitResponse = message({
  kind: 'response',
  name: 'OffsetCommitResponse',
  apiKey: 8,
  versions: '0-10',
  flexible: '8+',
  about: 'The answer of OffsetCommit.',
  fields: {
    throttleTimeMs: int32('3+', { ignorable: true }),
    topics: array(
      struct('OffsetCommitResponseTopic', {
        name: string('0-9', { ignorable: true }),
        topicId: uuid('10+', { ignorable: true }),
        partitions: array(
          struct('OffsetCommitResponsePartition', {
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
