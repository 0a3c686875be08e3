import { array, int16, int32, int64, message, string, struct, uuid } from '../schema.ts'

export const DescribeShareGroupOffsetsRequest = message({
  kind: 'request',
  name: 'DescribeShareGroupOffsetsRequest',
  apiKey: 90,
  versions: '0-1',
  flexible: '0+',
  about: 'The request of DescribeShareGroupOffsets.',
  fields: {
    groups: array(
      struct('DescribeShareGroupOffsetsRequestGroup', {
        groupId: string('0+'),
        topics: array(
          struct('DescribeShareGroupOffsetsRequestTopic', {
            topicName: string('0+'),
            partitions: array('int32', '0+'),
          }),
          '0+',
          { nullable: '0+' },
        ),
      }),
      '0+',
    ),
  },
})

export const DescribeShareGroupOffsetsResponse = message({
  kind: 'response',
  name: 'DescribeShareGroupOffsetsResponse',
  apiKey: 90,
  versions: '0-1',
  flexible: '0+',
  about: 'The answer of DescribeShareGroupOffsets.',
  fields: {
    throttleTimeMs: int32('0+'),
    groups: array(
      struct('DescribeShareGroupOffsetsResponseGroup', {
        groupId: string('0+'),
        topics: array(
          struct('DescribeShareGroupOffsetsResponseTopic', {
            topicName: string('0+'),
            topicId: uuid('0+'),
            partitions: array(
              struct('DescribeShareGroupOffsetsResponsePartition', {
                partitionIndex: int32('0+'),
                startOffset: int64('0+'),
                leaderEpoch: int32('0+'),
                lag: int64('1+', { default: -1, ignorable: true }),
                errorCode: int16('0+'),
                errorMessage: string('0+', { nullable: '0+', default: null }),
              }),
              '0+',
            ),
          }),
          '0+',
        ),
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+', default: null }),
      }),
      '0+',
    ),
  },
})
