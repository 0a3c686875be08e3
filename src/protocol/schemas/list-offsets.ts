import { array, int8, int16, int32, int64, message, string, struct } from '../schema.ts'

export const ListOffsetsRequest = message({
  kind: 'request',
  name: 'ListOffsetsRequest',
  apiKey: 2,
  versions: '0-11',
  flexible: '6+',
  about:
    'Looks up offsets by time, or one end of the log by a negative timestamp. v0 asks for segment starts.',
  fields: {
    replicaId: int32('0+'),
    isolationLevel: int8('2+'),
    topics: array(
      struct('ListOffsetsTopic', {
        name: string('0+'),
        partitions: array(
          struct('ListOffsetsPartition', {
            partitionIndex: int32('0+'),
            currentLeaderEpoch: int32('4+', { default: -1, ignorable: true }),
            timestamp: int64('0+', {
              about:
                '-1 latest, -2 earliest, -3 of the largest time, -4 earliest local, -5 latest tiered, -6 not uploaded.',
              saturating: true,
            }),
            maxNumOffsets: int32('0', { about: 'How many segment starts v0 wants.', default: 1 }),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
    timeoutMs: int32('10+', { ignorable: true }),
  },
})

export const ListOffsetsResponse = message({
  kind: 'response',
  name: 'ListOffsetsResponse',
  apiKey: 2,
  versions: '0-11',
  flexible: '6+',
  about: 'The offset found for each partition.',
  fields: {
    throttleTimeMs: int32('2+', { ignorable: true }),
    topics: array(
      struct('ListOffsetsTopicResponse', {
        name: string('0+'),
        partitions: array(
          struct('ListOffsetsPartitionResponse', {
            partitionIndex: int32('0+'),
            errorCode: int16('0+'),
            oldStyleOffsets: array('int64', '0', {
              about: 'Segment starts, newest first.',
              saturating: true,
            }),
            timestamp: int64('1+', { default: -1, saturating: true }),
            offset: int64('1+', { about: 'The offset found, -1 for none.', default: -1 }),
            leaderEpoch: int32('4+', { default: -1 }),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})
