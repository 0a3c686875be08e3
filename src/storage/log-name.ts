/** Of a log's directory, as the checkpoints know it. */
export function nameOfLog(log: { readonly topicName: string; readonly partitionIndex: number }): string {
  return `${log.topicName}-${log.partitionIndex}`
}
