import { ErrorCode } from '../../protocol/error-code.ts'
import { type Refusal, refuse } from '../refusal.ts'

/** Round-robin over the brokers; partition `first + i` begins at the broker after that of `first + i - 1`. */
export function assignReplicas(
  brokerIds: readonly number[],
  first: number,
  count: number,
  replicationFactor: number,
): readonly (readonly number[])[] {
  return Array.from({ length: count }, (_, index) =>
    Array.from(
      { length: replicationFactor },
      (_, replica) => brokerIds[(first + index + replica) % brokerIds.length]!,
    ),
  )
}

export function problemOfReplicas(
  replicas: readonly number[],
  brokerIds: readonly number[],
  replicationFactor: number,
): Refusal | null {
  const code = ErrorCode.INVALID_REPLICA_ASSIGNMENT
  if (replicas.length === 0) {
    return refuse(code, 'The manual partition assignment includes an empty replica list.')
  }
  const repeated = replicas.find((id, index) => replicas.indexOf(id) !== index)
  if (repeated !== undefined) {
    return refuse(code, `The manual partition assignment includes the broker ${repeated} more than once.`)
  }
  const unknown = replicas.find(id => !brokerIds.includes(id))
  if (unknown !== undefined) {
    return refuse(
      code,
      `The manual partition assignment includes broker ${unknown}, but no such broker is registered.`,
    )
  }
  if (replicas.length === replicationFactor) return null
  return refuse(
    code,
    `The manual partition assignment includes a partition with ${replicas.length} replica(s), but this is not ` +
      `consistent with previous partitions, which have ${replicationFactor} replica(s).`,
  )
}
