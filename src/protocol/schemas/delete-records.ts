import { array, int16, int32, int64, message, string, struct } from '../schema.ts'

export const DeleteRecordsRequest = message({
  kind: 'request',
  name: 'DeleteRecordsRequest',
  apiKey: 21,
  versions: '0-2',
  flexible: '2+',
  about: 'The request of DeleteRecords.',
  fields: {
    topics: array(
      struct('DeleteRecordsTopic', {
        name: string('0+'),
        partitions: array(
          struct('DeleteRecordsPartition', {
            partitionIndex: int32('0+'),
            offset: int64('0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
    timeoutMs: int32('0+'),
  },
})

export const DeleteRecordsResponse = message({
  kind: 'response',
  name: 'DeleteRecordsResponse',
  apiKey: 21,
  versions: '0-2',
  flexible: '2+',
  about: 'The answer of DeleteRecords.',
  fields: {
    throttleTimeMs: int32('0+'),
    topics: array(
      struct('DeleteRecordsTopicResult', {
        name: string('0+'),
        partitions: array(
          struct('DeleteRecordsPartitionResult', {
            partitionIndex: int32('0+'),
            lowWatermark: int64('0+'),
            errorCode: int16('0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})
