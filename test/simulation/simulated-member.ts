import { ClientConnection } from './client-connection.ts'
import { type ClientEnvironment, NONE } from './client-environment.ts'
import { heartbeat, type JoinAnswer, joinGroup, syncGroup } from './group-requests.ts'
import { decodeBatches } from './record-batch.ts'
import { commitOffset, fetch, fetchOffset, findGroupCoordinator, type Membership } from './requests.ts'

const SESSION_TIMEOUT_MS = 6000
const RETRY_DELAY_MAX_MS = 40
const FETCH_WAIT_MS = 10
const UNKNOWN_MEMBER_ID = 25

/** What the members of a group did together. */
export class GroupRecord {
  readonly #owners = new Map<string, string>()
  readonly #delivered = new Set<string>()

  get deliveredCount(): number {
    return this.#delivered.size
  }

  deliver(value: string): void {
    this.#delivered.add(value)
  }

  /** Answers who else owns the partition in this generation, if anybody. */
  own(generationId: number, partitionIndex: number, member: string): string | undefined {
    const key = `${generationId}/${partitionIndex}`
    const other = this.#owners.get(key)
    this.#owners.set(key, member)
    return other === member ? undefined : other
  }
}

/**
 * A member of a classic consumer group: joins, is assigned partitions, and goes round them: fetch, deliver, commit,
 * heartbeat. After any trouble it connects and joins again.
 */
export class SimulatedMember {
  readonly #environment: ClientEnvironment
  readonly #group: GroupRecord
  readonly #groupId: string
  readonly #name: string
  #memberId = ''
  #stopped = false
  #connection: ClientConnection | undefined

  constructor(environment: ClientEnvironment, group: GroupRecord, groupId: string, name: string) {
    this.#environment = environment
    this.#group = group
    this.#groupId = groupId
    this.#name = name
  }

  start(): void {
    if (this.#stopped) return
    const connection = new ClientConnection(this.#environment.connect, () => this.#retryLater())
    this.#connection = connection
    if (!connection.isOpen) {
      this.#retryLater()
      return
    }
    connection.request(findGroupCoordinator(this.#groupId), errorCode => {
      if (this.#isFine(connection, 'find', errorCode)) this.#join(connection)
    })
  }

  stop(): void {
    this.#stopped = true
    this.#connection?.close()
  }

  #retryLater(): void {
    const { timers, random } = this.#environment
    if (!this.#stopped) timers.set(1 + random.below(RETRY_DELAY_MAX_MS), () => this.start())
  }

  /** Any error leads to a new connection, on which the member joins again. */
  #isFine(connection: ClientConnection, what: string, errorCode: number): boolean {
    if (errorCode === NONE) return true
    this.#environment.trace(`${this.#name} ${what} error ${errorCode}`)
    if (errorCode === UNKNOWN_MEMBER_ID) this.#memberId = ''
    connection.close()
    return false
  }

  #join(connection: ClientConnection): void {
    connection.request(joinGroup(this.#groupId, this.#memberId, SESSION_TIMEOUT_MS), answer => {
      if (!this.#isFine(connection, 'join', answer.errorCode)) return
      this.#memberId = answer.memberId
      this.#environment.trace(`${this.#name} joined ${answer.generationId} of ${answer.members.length}`)
      this.#sync(connection, answer)
    })
  }

  #sync(connection: ClientConnection, join: JoinAnswer): void {
    const { generationId, memberId } = join
    const membership = { groupId: this.#groupId, generationId, memberId }
    const assignments = new Map(join.members.map(member => [member, this.#shareOf(member, join.members)]))
    connection.request(syncGroup(membership, assignments), ({ errorCode, partitionIndexes }) => {
      if (!this.#isFine(connection, 'sync', errorCode)) return
      this.#environment.trace(`${this.#name} owns ${partitionIndexes.join()} in ${generationId}`)
      for (const partitionIndex of partitionIndexes) {
        const other = this.#group.own(generationId, partitionIndex, memberId)
        if (other !== undefined) {
          this.#environment.history.violate(
            `${partitionIndex} belongs to ${other} and ${memberId} in ${generationId}`,
          )
        }
      }
      this.#next(connection, membership, partitionIndexes, 0)
    })
  }

  #shareOf(member: string, members: readonly string[]): number[] {
    const place = members.indexOf(member)
    const all = Array.from(
      { length: this.#environment.partitionCount },
      (_, partitionIndex) => partitionIndex,
    )
    return all.filter(partitionIndex => partitionIndex % members.length === place)
  }

  /** A heartbeat, then one partition from the group's offset on. */
  #next(connection: ClientConnection, membership: Membership, owned: readonly number[], round: number): void {
    connection.request(heartbeat(membership), errorCode => {
      if (!this.#isFine(connection, 'heartbeat', errorCode)) return
      const goOn = (): void => this.#next(connection, membership, owned, round + 1)
      const partitionIndex = owned[round % owned.length]
      if (partitionIndex === undefined) this.#environment.timers.set(FETCH_WAIT_MS, goOn)
      else this.#consume(connection, membership, partitionIndex, goOn)
    })
  }

  #consume(
    connection: ClientConnection,
    membership: Membership,
    partitionIndex: number,
    goOn: () => void,
  ): void {
    const { topic, history } = this.#environment
    connection.request(fetchOffset(this.#groupId, topic, partitionIndex), committed => {
      if (!this.#isFine(connection, 'offset', committed.errorCode)) return
      const acknowledged = history.committed(this.#groupId, partitionIndex)
      if (committed.offset < acknowledged)
        history.violate(`commit ${acknowledged} lost, there is ${committed.offset}`)
      const position = Math.max(0, committed.offset)
      connection.request(fetch(topic, partitionIndex, position, FETCH_WAIT_MS), answer => {
        if (!this.#isFine(connection, 'fetch', answer.errorCode)) return
        const records = decodeBatches(answer.records).filter(({ offset }) => offset >= position)
        for (const record of records) {
          history.see(partitionIndex, record)
          this.#group.deliver(record.value)
        }
        if (records.length === 0) goOn()
        else this.#commit(connection, membership, partitionIndex, records.at(-1)!.offset + 1, goOn)
      })
    })
  }

  #commit(
    connection: ClientConnection,
    membership: Membership,
    partitionIndex: number,
    offset: number,
    goOn: () => void,
  ): void {
    const { topic, history, trace } = this.#environment
    connection.request(commitOffset(membership, topic, partitionIndex, offset), errorCode => {
      trace(`${this.#name} commit ${partitionIndex}@${offset} ${errorCode}`)
      if (!this.#isFine(connection, 'commit', errorCode)) return
      history.commit(this.#groupId, partitionIndex, offset)
      goOn()
    })
  }
}
