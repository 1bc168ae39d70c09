"""What answers are made of, by the words of the question: the first row whose words it has.

Everything is invented; what asks for a person is answered `withheld`.
"""

from __future__ import annotations

__all__ = ["LINES", "MOMENTS", "NUMBERS", "TEXTS"]

LINES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"full name|name of the person|former address|name and address|telephone|on the stone"
     r"|where should|who is it|who will be|new address|first aid|name of the insurer"
     r"|how do we get in", ("withheld",)),
    (r"write none", ("@@@ ###", "@@@ ###", "NONE")),
    (r"plate.*(you saw|description)", ("@@@ ###", "could not see it")),
    (r"plate", ("@@@ ###",)),
    (r"breed|dog look|size and marks",
     ("brown and white, small", "large, black, shy", "grey, one ear torn")),
    (r"title|author", ("a book about lighthouses", "the one that was on the radio")),
    (r"make|looks?\b|look like|colour",
     ("grey hatchback", "white van", "blue, rusty", "brown, small")),
    (r"route", ("14", "7", "22", "Shore Loop", "Night 3")),
    (r"pole", ("@@####",)),
    (r"ticket", ("LP########", "LP ########")),
    (r"permit", ("BP 2025-#####", "#####")),
    (r"file_number|application", ("AH######", "BP 2025-#####")),
    (r"account|card|meter number|meter_number", ("#########", "############")),
    (r"vessel|hull|boat", ("Sea Lark", "Marie-Ange", "LP #### N")),
    (r"number|serial|hydrant|frame|chip|stop\b|tag", ("####", "@-####", "######")),
    (r"speak about", ("the timetable of the ferry", "noise at night", "the new bicycle lane")),
    (r"occasion|event", ("a birthday", "a reunion", "a market for a good cause")),
    (r"kept|get past", ("behind the side gate", "in the shed", "under the stairs")),
    (r"other furniture", ("a wardrobe in parts", "a garden swing")),
    (r"plaque", ("For all who waited for the ferry", "In memory of the old lighthouse")),
    (r"label|letters", ("LP", "W", "not to be read")),
    (r"park|beach|playground", ("Lantern Green", "the one by the ferry", "Mill Park")),
    (r"business|venue|company|shop|where did you eat|who did it",
     ("The Copper Kettle", "Blue Awning Café", "Harbour & Sons", "Chez Fougère", "a food truck")),
    (r"language", ("Portuguese", "Arabic", "French", "Mandarin")),
    (r"which animal", ("a ferret", "a tortoise", "a goat")),
    (r"dog|pet", ("Biscuit", "Captain", "Moxie", "Señor Bigotes")),
    (r"address of the page", ("https://www.lanternport.example/news",)),
    (r"browser", ("Firefox 141", "Safari on a telephone")),
    (r"building|school|office|place|garden|site|lot",
     ("the brick one at the corner", "Harbour Hall, 2nd floor", "North entrance", "Lot 12-B")),
    (r"street", ("Fogbell Lane", "Tern Row", "Capstan Hill")),
    (r"what|object|obstacle|item|use", ("a mattress", "old tires", "scaffolding", "a grey bag")),
    (r"", ("not sure", "see the description", "the usual one", "n/a")),
)  # fmt: skip
"""Lines; `#` is a digit, `@` a letter."""

NUMBERS: tuple[tuple[str, float, float, int], ...] = (
    (r"which year|built", 1890, 2015, 0),
    (r"celsius", 4, 17, 0),
    (r"income", 18_000, 90_000, 0),
    (r"a month", 700, 2_600, 0),
    (r"claim", 100, 20_000, 0),
    (r"seats|tables", 2, 60, 0),
    (r"cents", 12, 640, 2),
    (r"dollars", 20, 4_000, 0),
    (r"one decimal", 3, 18, 1),
    (r"centimetres", 2, 90, 0),
    (r"metres", 1, 30, 0),
    (r"seconds|minutes", 5, 180, 0),
    (r"how old|years", 1, 95, 0),
    (r"how many people|cubic", 2, 120, 0),
    (r"", 1, 5, 0),
)
"""From, to, and how many decimals."""

MOMENTS: tuple[tuple[str, float, float], ...] = (
    (r"which day|start|from when|evening|do you want|mean to dig|leave|ride|next|end"
     r"|until|turned on|like to come", 1, 30),
    (r"born", -20_000, -100),
    (r"die", -9_000, -2),
    (r"vaccination|inspected|date of the event|dug", -1_000, -3),
)  # fmt: skip
"""Days from when it is answered; what has no row was some hours ago."""

TEXTS = (
    "It was like this when I came home, and nobody was there.",
    "I have pictures if you need them.",
    "First it was small. Now it is the whole width.\nSecond time this month.",
    "Ask the people in the corner shop, they saw it too.",
    "Ils ont dit qu'ils reviendraient, mais personne n'est venu.",
    "See above.",
)
