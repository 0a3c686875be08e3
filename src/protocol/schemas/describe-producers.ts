import { array, int16, int32, int64, message, string, struct } from '../schema.ts'

export const DescribeProducersRequest = message({
  kind: 'request',
  name: 'DescribeProducersRequest',
  apiKey: 61,
  versions: '0',
  flexible: '0+',
  about: 'The request of DescribeProducers.',
  fields: {
    topics: array(
      struct('TopicRequest', {
        name: string('0+'),
        partitionIndexes: array('int32', '0+'),
      }),
      '0+',
    ),
  },
})

export const DescribeProducersResponse = message({
  kind: 'response',
  name: 'DescribeProducersResponse',
  apiKey: 61,
  versions: '0',
  flexible: '0+',
  about: 'The answer of DescribeProducers.',
  fields: {
    throttleTimeMs: int32('0+'),
    topics: array(
      struct('TopicResponse', {
        name: string('0+'),
        partitions: array(
          struct('PartitionResponse', {
            partitionIndex: int32('0+'),
            errorCode: int16('0+'),
            errorMessage: string('0+', { nullable: '0+', default: null }),
            activeProducers: array(
              struct('ProducerState', {
                producerId: int64('0+'),
                producerEpoch: int32('0+'),
                lastSequence: int32('0+', { default: -1 }),
                lastTimestamp: int64('0+', { default: -1 }),
                coordinatorEpoch: int32('0+'),
                currentTxnStartOffset: int64('0+', { default: -1 }),
              }),
              '0+',
            ),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})
