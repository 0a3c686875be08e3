import { int16, int32, int64, message, string } from '../schema.ts'

export const AddOffsetsToTxnRequest = message({
  kind: 'request',
  name: 'AddOffsetsToTxnRequest',
  apiKey: 25,
  versions: '0-4',
  flexible: '3+',
  about: 'The request of AddOffsetsToTxn.',
  fields: {
    transactionalId: string('0+'),
    producerId: int64('0+'),
    producerEpoch: int16('0+'),
    groupId: string('0+'),
  },
})

export const AddOffsetsToTxnResponse = message({
  kind: 'response',
  name: 'AddOffsetsToTxnResponse',
  apiKey: 25,
  versions: '0-4',
  flexible: '3+',
  about: 'The answer of AddOffsetsToTxn.',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
  },
})
