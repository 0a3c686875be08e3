import { array, int16, int32, int64, message, string, struct } from '../schema.ts'

export const DescribeTransactionsRequest = message({
  kind: 'request',
  name: 'DescribeTransactionsRequest',
  apiKey: 65,
  versions: '0',
  flexible: '0+',
  about: 'The request of DescribeTransactions.',
  fields: {
    transactionalIds: array('string', '0+'),
  },
})

export const DescribeTransactionsResponse = message({
  kind: 'response',
  name: 'DescribeTransactionsResponse',
  apiKey: 65,
  versions: '0',
  flexible: '0+',
  about: 'The answer of DescribeTransactions.',
  fields: {
    throttleTimeMs: int32('0+'),
    transactionStates: array(
      struct('TransactionState', {
        errorCode: int16('0+'),
        transactionalId: string('0+'),
        transactionState: string('0+'),
        transactionTimeoutMs: int32('0+'),
        transactionStartTimeMs: int64('0+'),
        producerId: int64('0+'),
        producerEpoch: int16('0+'),
        topics: array(
          struct('TopicData', {
            topic: string('0+'),
            partitions: array('int32', '0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})
