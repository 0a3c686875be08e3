import { array, int16, int32, int64, message, string, struct } from '../schema.ts'

export const ListTransactionsRequest = message({
  kind: 'request',
  name: 'ListTransactionsRequest',
  apiKey: 66,
  versions: '0-2',
  flexible: '0+',
  about: 'The request of ListTransactions.',
  fields: {
    stateFilters: array('string', '0+'),
    producerIdFilters: array('int64', '0+'),
    durationFilter: int64('1+', { default: -1 }),
    transactionalIdPattern: string('2+', { nullable: '2+', default: null }),
  },
})

export const ListTransactionsResponse = message({
  kind: 'response',
  name: 'ListTransactionsResponse',
  apiKey: 66,
  versions: '0-2',
  flexible: '0+',
  about: 'The answer of ListTransactions.',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    unknownStateFilters: array('string', '0+'),
    transactionStates: array(
      struct('TransactionState', {
        transactionalId: string('0+'),
        producerId: int64('0+'),
        transactionState: string('0+'),
      }),
      '0+',
    ),
  },
})
