// Begins it all, once the page is there; what is folded is unfolded for paper.
'use strict'
document.documentElement.classList.add('js')
grid.start()
traces.start()
window.addEventListener('beforeprint', () => {
  for (const details of document.querySelectorAll('main details:not([open])')) {
    details.open = true
    details.dataset.folded = ''
  }
})
window.addEventListener('afterprint', () => {
  for (const details of document.querySelectorAll('details[data-folded]')) {
    details.open = false
    delete details.dataset.folded
  }
})
