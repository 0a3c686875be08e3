import { array, bool, int16, int32, int64, message, string, struct, uuid } from '../schema.ts'

export const OffsetFetchRequest = message({
  kind: 'request',
  name: 'OffsetFetchRequest',
  apiKey: 9,
  versions: '0-10',
  flexible: '6+',
  about: 'Reads the stored positions of one group, or of several from v8 (KIP-709).',
  fields: {
    groupId: string('0-7'),
    topics: array(
      struct('OffsetFetchRequestTopic', {
        name: string('0-7'),
        partitionIndexes: array('int32', '0-7'),
      }),
      '0-7',
      { nullable: '2-7' },
    ),
    groups: array(
      struct('OffsetFetchRequestGroup', {
        groupId: string('8+'),
        memberId: string('9+', { nullable: '9+', default: null, ignorable: true }),
        memberEpoch: int32('9+', { default: -1, ignorable: true }),
        topics: array(
          struct('OffsetFetchRequestTopics', {
            name: string('8-9', { ignorable: true }),
            topicId: uuid('10+', { ignorable: true }),
            partitionIndexes: array('int32', '8+'),
          }),
          '8+',
          { nullable: '8+' },
        ),
      }),
      '8+',
    ),
    requireStable: bool('7+', { default: false }),
  },
})

export const OffsetFetchResponse = message({
  kind: 'response',
  name: 'OffsetFetchResponse',
  apiKey: 9,
  versions: '0-10',
  flexible: '6+',
  about: 'The answer of OffsetFetch.',
  fields: {
    throttleTimeMs: int32('3+', { ignorable: true }),
    topics: array(
      struct('OffsetFetchResponseTopic', {
        name: string('0-7'),
        partitions: array(
          struct('OffsetFetchResponsePartition', {
            partitionIndex: int32('0-7'),
            committedOffset: int64('0-7'),
            committedLeaderEpoch: int32('5-7', { default: -1, ignorable: true }),
            metadata: string('0-7', { nullable: '0-7' }),
            errorCode: int16('0-7'),
          }),
          '0-7',
        ),
      }),
      '0-7',
    ),
    errorCode: int16('2-7', { default: 0, ignorable: true }),
    groups: array(
      struct('OffsetFetchResponseGroup', {
        groupId: string('8+'),
        topics: array(
          struct('OffsetFetchResponseTopics', {
            name: string('8-9', { ignorable: true }),
            topicId: uuid('10+', { ignorable: true }),
            partitions: array(
              struct('OffsetFetchResponsePartitions', {
                partitionIndex: int32('8+'),
                committedOffset: int64('8+'),
                committedLeaderEpoch: int32('8+', { default: -1, ignorable: true }),
                metadata: string('8+', { nullable: '8+' }),
                errorCode: int16('8+'),
              }),
              '8+',
            ),
          }),
          '8+',
        ),
        errorCode: int16('8+', { default: 0 }),
      }),
      '8+',
    ),
  },
})
