/** Whether git knows a file. */
import path from 'node:path'

/** True when the file is tracked by the repository it lies in; false without git or without a repository. */
export async function isTracked(file: string): Promise<boolean> {
  const {execa} = await import('execa')
  const result = await execa('git', ['ls-files', '--error-unmatch', '--', path.basename(file)], {
    cwd: path.dirname(file),
    reject: false,
    stdio: 'ignore',
  })
  return result.exitCode === 0
}
