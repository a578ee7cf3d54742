import {execFile} from 'node:child_process'
import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'

import {repository, temporaryDirectory} from './setup-script.js'

const passedFile = {status: 'passed', assertionResults: [{status: 'passed'}]}
const failedFile = {status: 'failed', assertionResults: [{status: 'failed'}]}
const unloadableFile = {status: 'failed', assertionResults: []}

describe('the last line of npm test', () => {
  it('counts passed and failed tests', async () => {
    const report = {numPassedTests: 7, numFailedTests: 1, testResults: [passedFile, failedFile]}

    expect(await lastLine(report, 1)).toBe('7 passed, 1 failed')
  })

  it('counts a file that does not load as one failure', async () => {
    const report = {numPassedTests: 7, numFailedTests: 0, testResults: [passedFile, unloadableFile]}

    expect(await lastLine(report, 1)).toBe('7 passed, 1 failed')
  })

  it('never says 0 failed when vitest failed', async () => {
    expect(await lastLine({numPassedTests: 7, numFailedTests: 0, testResults: [passedFile]}, 1)).toBe(
      '7 passed, 1 failed',
    )
    expect(await lastLine(undefined, 1)).toBe('0 passed, 1 failed')
  })
})

async function lastLine(report: object | undefined, exitCode: number): Promise<string> {
  const file = join(await temporaryDirectory(), 'report.json')
  if (report) await writeFile(file, JSON.stringify(report))
  const script = join(repository, 'scripts/setup.d/test-summary.mjs')
  return new Promise((done) =>
    execFile(process.execPath, [script, file, `${exitCode}`], (_, stdout) => done(stdout.trim())),
  )
}
