// Reloads the page when its own script or stylesheet cannot be loaded. While a deploy has two releases in service, a page
// from one replica may ask the other for an asset that only the first one has; a moment later the pair fits again.
// It is a file of its own, and has no hash in its name, so that it is there in every release and needs no inline script.
{
  const KEY = 'harbour.reloads'
  const MAX_RELOADS = 6
  const PAUSE_MS = 400
  let isPending = false

  const reloads = () => Number(sessionStorage.getItem(KEY) ?? 0)

  addEventListener(
    'error',
    (event) => {
      const url = event.target?.src ?? event.target?.href
      if (isPending || typeof url !== 'string' || !url.startsWith(`${location.origin}/assets/`)) return
      if (reloads() >= MAX_RELOADS) return
      isPending = true
      sessionStorage.setItem(KEY, String(reloads() + 1))
      setTimeout(() => location.reload(), PAUSE_MS * reloads())
    },
    true,
  )

  addEventListener('load', () => {
    if (!isPending) sessionStorage.removeItem(KEY)
  })
}
