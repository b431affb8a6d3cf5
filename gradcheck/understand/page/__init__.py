"""The page in order: what every name means where it stands, and the axes of every quantity.

`symbols` splits written names into symbols and indices, `sorts` gives every index its axis,
`order` goes through the page and says which definition a name refers to, `translation` makes typed
terms of what is written, and `assertions` lists what the page asserts.
"""

from gradcheck.understand.page.assertions import Page as Page
from gradcheck.understand.page.assertions import page_of as page_of
from gradcheck.understand.page.lent import lent as lent
