import type { Membership, Request } from './requests.ts'
import type { WireReader } from './wire-reader.ts'
import { WireWriter } from './wire-writer.ts'

/** Version 0 of the classic group protocol, by hand. */
export interface JoinAnswer {
  readonly errorCode: number
  readonly generationId: number
  readonly leader: string
  readonly memberId: string
  readonly members: readonly string[]
}

export function joinGroup(groupId: string, memberId: string, sessionTimeoutMs: number): Request<JoinAnswer> {
  const body = new WireWriter().string(groupId).int32(sessionTimeoutMs).string(memberId).string('consumer')
  body.int32(1).string('range').bytes(new Uint8Array())
  const decode = (reader: WireReader): JoinAnswer => {
    const errorCode = reader.int16()
    const generationId = reader.int32()
    reader.string()
    const leader = reader.string()
    const ownId = reader.string()
    const members = reader.array(() => {
      const member = reader.string()
      reader.nullableBytes()
      return member
    })
    return { errorCode, generationId, leader, memberId: ownId, members }
  }
  return { apiKey: 11, apiVersion: 0, body: body.finish(), decode }
}

/** An assignment is the list of partition indexes, one byte each: the broker never looks into it. */
export function syncGroup(
  membership: Membership,
  assignments: ReadonlyMap<string, readonly number[]>,
): Request<{ errorCode: number; partitionIndexes: readonly number[] }> {
  const body = membershipBody(membership)
  body.array([...assignments], ([member, partitionIndexes]) => {
    body.string(member).bytes(Uint8Array.from(partitionIndexes))
  })
  const decode = (reader: WireReader): { errorCode: number; partitionIndexes: readonly number[] } => {
    const errorCode = reader.int16()
    return { errorCode, partitionIndexes: [...(reader.nullableBytes() ?? [])] }
  }
  return { apiKey: 14, apiVersion: 0, body: body.finish(), decode }
}

export function heartbeat(membership: Membership): Request<number> {
  const body = membershipBody(membership).finish()
  return { apiKey: 12, apiVersion: 0, body, decode: reader => reader.int16() }
}

function membershipBody({ groupId, generationId, memberId }: Membership): WireWriter {
  return new WireWriter().string(groupId).int32(generationId).string(memberId)
}
