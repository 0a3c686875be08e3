import { array, bool, int16, int32, int64, message, string, struct } from '../schema.ts'

const AddPartitionsToTxnTopic = struct('AddPartitionsToTxnTopic', {
  name: string('0+'),
  partitions: array('int32', '0+'),
})

export const AddPartitionsToTxnRequest = message({
  kind: 'request',
  name: 'AddPartitionsToTxnRequest',
  apiKey: 24,
  versions: '0-5',
  flexible: '3+',
  about: 'The request of AddPartitionsToTxn.',
  fields: {
    transactions: array(
      struct('AddPartitionsToTxnTransaction', {
        transactionalId: string('4+'),
        producerId: int64('4+'),
        producerEpoch: int16('4+'),
        verifyOnly: bool('4+', { default: false }),
        topics: array(AddPartitionsToTxnTopic, '4+'),
      }),
      '4+',
    ),
    v3AndBelowTransactionalId: string('0-3'),
    v3AndBelowProducerId: int64('0-3'),
    v3AndBelowProducerEpoch: int16('0-3'),
    v3AndBelowTopics: array(AddPartitionsToTxnTopic, '0-3'),
  },
})

const AddPartitionsToTxnPartitionResult = struct('AddPartitionsToTxnPartitionResult', {
  partitionIndex: int32('0+'),
  partitionErrorCode: int16('0+'),
})

const AddPartitionsToTxnTopicResult = struct('AddPartitionsToTxnTopicResult', {
  name: string('0+'),
  resultsByPartition: array(AddPartitionsToTxnPartitionResult, '0+'),
})

export const AddPartitionsToTxnResponse = message({
  kind: 'response',
  name: 'AddPartitionsToTxnResponse',
  apiKey: 24,
  versions: '0-5',
  flexible: '3+',
  about: 'The answer of AddPartitionsToTxn.',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('4+', { ignorable: true }),
    resultsByTransaction: array(
      struct('AddPartitionsToTxnResult', {
        transactionalId: string('4+'),
        topicResults: array(AddPartitionsToTxnTopicResult, '4+'),
      }),
      '4+',
    ),
    resultsByTopicV3AndBelow: array(AddPartitionsToTxnTopicResult, '0-3'),
  },
})
