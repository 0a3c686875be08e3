import { expect, test } from 'vitest'
import { StorageError } from '../base/storage-error.ts'
import { SimDisk } from '../native/sim-disk.ts'
import { LateWork } from './late-work.ts'

function workOf() {
  const failures: string[] = []
  const begun: string[] = []
  const ends: (() => void)[] = []
  const work = new LateWork({
    disk: new SimDisk({ schedule: () => {} }),
    onEnd: () => {},
    onFailure: code => {
      failures.push(code)
      work.fail()
    },
  })
  const add = (name: string, refusals: string[] = []) =>
    work.add({
      begin: onEnd => {
        const code = refusals.shift()
        if (code !== undefined) throw new StorageError(code, 'open', name)
        begun.push(name)
        ends.push(onEnd)
        return true
      },
    })
  return { work, add, begun, ends, failures }
}

test('64 calls are under way at most; the next begin when some have ended, in the order they came', () => {
  const { add, begun, ends } = workOf()
  for (let index = 0; index < 70; index += 1) add(`${index}`)
  expect(begun).toHaveLength(64)
  ends[5]!()
  ends[0]!()
  expect(begun.slice(64)).toEqual(['64', '65'])
})

test('what has nothing to do takes no place', () => {
  const { work, add, begun } = workOf()
  let asked = 0
  for (let index = 0; index < 100; index += 1) {
    work.add({
      begin: () => {
        asked += 1
        return false
      },
    })
  }
  add('last')
  expect([asked, begun]).toEqual([100, ['last']])
})

test.each(['EMFILE', 'ENFILE'])(
  'without a descriptor (%s) a call goes behind the others, and waits for one that ends',
  code => {
    const { work, add, begun, ends, failures } = workOf()
    add('first')
    // Asked for again with each that comes or ends.
    add('second', [code, code, code])
    add('third')
    expect(begun).toEqual(['first'])
    ends[0]!()
    expect(begun).toEqual(['first', 'third'])
    work.pump()
    expect([begun, failures]).toEqual([['first', 'third', 'second'], []])
  },
)

test('a file that cannot be opened for another reason is a failure, behind which nothing begins', () => {
  const { work, add, begun, failures } = workOf()
  add('first', ['EIO'])
  expect(failures).toEqual(['EIO'])
  work.pump()
  expect(begun).toEqual([])
})
