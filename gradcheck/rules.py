"""What every rule means, with a document that gives the finding and one that does not.

One entry a code. The examples are whole documents: a test verifies each of them, and that every
rule has an entry. To add a rule, append its row to ``finding.RULES`` and its entry here.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from gradcheck.finding import RULES, Rule


@dataclass(frozen=True, slots=True)
class Explanation:
    """``bad`` and ``good`` are documents; both are empty where no document can show the rule.

    They are verified against ``reference`` where there is one.
    """

    meaning: str
    remedy: str
    bad: str = ""
    good: str = ""
    reference: str = ""


def find(text: str) -> Rule | None:
    """The rule with this code (``GC101``) or name (``extra-factor``), however it is capitalised."""
    wanted = text.strip()
    by_name = {rule.name: rule for rule in RULES.values()}
    return RULES.get(wanted.upper()) or by_name.get(wanted.lower())


def closest(text: str) -> str | None:
    """The code or name that was probably meant, if there is one."""
    wanted = text.strip()
    codes = get_close_matches(wanted.upper(), sorted(RULES), n=1)
    names = get_close_matches(wanted.lower(), sorted(rule.name for rule in RULES.values()), n=1)
    return next(iter([*codes, *names]), None)


_LINE = r"""
$$\hat{y} = w x + b$$

$$L = \frac{1}{2} (\hat{y} - y)^2$$
"""
_MEAN = r"""
$$\hat{y} = w x + b$$

$$L = \frac{1}{N} \sum_{i=1}^N (\hat{y}_i - y_i)^2$$
"""
_NETWORK = r"""
$$a_1 = \sigma(w_1 x + b_1), \quad \hat{y} = w_2 a_1 + b_2$$

$$L = \frac{1}{2} (\hat{y} - y)^2$$
"""
_LAYERS = r"""
$$z_1 = w_1 x + b_1, \quad a_1 = \sigma(z_1), \quad \hat{y} = w_2 a_1 + b_2$$

$$L = \frac{1}{2} (\hat{y} - y)^2$$
"""
_TANH = r"""
$$a_1 = \tanh(w_1 x + b_1), \quad \hat{y} = w_2 a_1 + b_2$$

$$L = \frac{1}{2} (\hat{y} - y)^2$$
"""
_TRAINED = (
    _LINE
    + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$

$$\frac{\partial L}{\partial b} = \hat{y} - y$$
"""
)

EXPLANATIONS: dict[str, Explanation] = {
    "GC001": Explanation(
        "A part of a formula could not be understood: a symbol stands where none can, or it can be "
        "read in several ways. It was left out of the check; no gradient depends on it.",
        "Write it so that it can be read in one way; 'gradcheck read FILE' shows what was read.",
        bad=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) \times = (\hat{y} - y) x$$
""",
        good=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) \times x = (\hat{y} - y) x$$
""",
    ),
    "GC002": Explanation(
        "The formula that gives a gradient could not be understood, so the gradient was not "
        "checked. That is no pass.",
        "Mend the place under the caret, or write the formula in another way.",
        bad=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = \begin{pmatrix} \hat{y} - y \end{pmatrix} x$$
""",
        good=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$
""",
    ),
    "GC003": Explanation(
        "A formula is opened and never closed, so it cannot be told where it ends.",
        r"Close it with the sign it was opened with: $, $$, \) or \].",
        bad=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) x
""",
        good=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$
""",
    ),
    "GC004": Explanation(
        "A formula is larger, or nested deeper, than anything that people write by hand. Limits "
        "keep a document from using up time and memory.",
        "Break the formula into several ones, with names for its parts.",
        bad=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$

$$c = """
        + "(" * 150
        + "1"
        + ")" * 150
        + "$$\n",
        good=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$

$$c = (1)$$
""",
    ),
    "GC005": Explanation(
        "Whether the gradient is right could not be decided; the message says why. Often it uses "
        "a function that gradcheck does not know, or a product of two sums.",
        "Define every function that the gradient uses, or write it in simpler terms.",
        bad=_MEAN
        + r"""
$$\frac{\partial L}{\partial w} = \frac{2}{N} \sum_i (\hat{y}_i - y_i) \sum_i x_i$$
""",
        good=_MEAN
        + r"""
$$\frac{\partial L}{\partial w} = \frac{2}{N} \sum_i (\hat{y}_i - y_i) x_i$$
""",
    ),
    "GC006": Explanation(
        "Gradients are claimed, but the document never says of which loss, so there is nothing to "
        "judge them by.",
        "Write the loss as an equation before its gradients, or give the assignment that defines "
        "it with --against.",
        bad=r"""
$$\hat{y} = w x + b$$

$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$
""",
        good=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$
""",
    ),
    "GC007": Explanation(
        "The front matter (the lines between --- at the top) states something that does not fit "
        "the document: a name that occurs nowhere in it, an activation that gradcheck does not "
        "know, one name as input and label. What does not fit is disregarded. Front matter that "
        "is no YAML, or too large, is an input error: the document is not read then.",
        "Mend the line that the message names.",
        bad="---\ninputs: [u]\n---\n"
        + _LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$
""",
        good="---\ninputs: [x]\n---\n"
        + _LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$
""",
    ),
    "GC008": Explanation(
        "Whether the two sides of a step are equal could not be decided; the message says why. No "
        "gradient depends on it.",
        "Write the step in simpler terms, or define the names that it uses.",
        bad=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$

$$\frac{\partial \hat{y}}{\partial w} = \max(x, y) = x$$
""",
        good=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$

$$\frac{\partial \hat{y}}{\partial w} = x$$
""",
    ),
    "GC009": Explanation(
        "The document used up the work it may cost, so something that is no verdict was left out: "
        "a suggestion, an example, a comparison. Verdicts that were not reached are not decided, "
        "and say so. It takes a very large document to give an example.",
        "Divide the document, or give it a larger budget.",
    ),
    "GC020": Explanation(
        "A formula stands in the document, and a reader of the page does not see it: in an element "
        "that is hidden, or in the colour of the paper. It is no answer: it was not judged.",
        "Show it, or take it out.",
        bad=_TRAINED
        + r"""
<div hidden>

$$\frac{\partial L}{\partial w} = \hat{y} - y$$

</div>
""",
        good=_TRAINED
        + r"""
<div>

$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$

</div>
""",
    ),
    "GC021": Explanation(
        "A formula is struck out in the text: its author takes it back, so it was not judged. A "
        r"\cancel within a formula is something else: that is read.",
        "Take it out, or the stroke away.",
        bad=_TRAINED
        + r"""
First I had ~~$\frac{\partial L}{\partial w} = \hat{y} - y$~~.
""",
        good=_TRAINED
        + r"""
Again $\frac{\partial L}{\partial w} = (\hat{y} - y) x$.
""",
    ),
    "GC100": Explanation(
        "With --hint the place and the kind of a mistake are shown, not its name, the answer or an "
        "example: for students who shall find it themselves.",
        "Look at the place; derive the line again from the one before it.",
    ),
    "GC101": Explanation(
        "The claim is the gradient times something that does not belong there. A bias, for "
        "example, has no factor x: it is added as it is.",
        "Leave out the factor that the message names.",
        bad=_LINE
        + r"""
$$\frac{\partial L}{\partial b} = (\hat{y} - y) x$$
""",
        good=_LINE
        + r"""
$$\frac{\partial L}{\partial b} = \hat{y} - y$$
""",
    ),
    "GC102": Explanation(
        "The gradient is the claim times something that was lost: a factor of the chain rule was "
        "left out.",
        "Put back the factor that the message names.",
        bad=_NETWORK
        + r"""
$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) a_1 (1 - a_1)$$
""",
        good=_NETWORK
        + r"""
$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2 \, a_1 (1 - a_1)$$
""",
    ),
    "GC103": Explanation(
        "The claim is the gradient with the other sign. The derivative of y - ŷ by a parameter of "
        "ŷ is negative; a sign was lost on the way. Gradient descent would climb.",
        "Turn the sign round: ŷ - y for y - ŷ.",
        bad=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (y - \hat{y}) x$$
""",
        good=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = -(y - \hat{y}) x$$
""",
    ),
    "GC104": Explanation(
        "A constant factor is left out of one gradient and not of the others, or of one side of a "
        "chain. Left out of all alike it would only rescale the learning rate; so the update no "
        "longer follows the gradient, or the sides of the chain are not equal.",
        "Write the same constant in all gradients and all sides: the one that the loss gives.",
        bad=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$

$$\frac{\partial L}{\partial b} = 2 (\hat{y} - y)$$
""",
        good=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$

$$\frac{\partial L}{\partial b} = \hat{y} - y$$
""",
    ),
    "GC105": Explanation(
        "The claim differs from the gradient, and not by a simple factor. The finding shows the "
        "gradient of this loss and a point at which the two differ.",
        "Go through the steps before it: the first one that is wrong holds the mistake.",
        bad=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = \hat{y}^2 - x^2$$
""",
        good=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$
""",
    ),
    "GC106": Explanation(
        "One factor of the claim stands where another belongs, such as a_1 for 1 - a_1.",
        "Write the factor that the message names.",
        bad=_NETWORK
        + r"""
$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2 \, a_1 a_1$$
""",
        good=_NETWORK
        + r"""
$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2 \, a_1 (1 - a_1)$$
""",
    ),
    "GC110": Explanation(
        "Within a chain, a side is not equal to the one before it. The finding stands at the first "
        "such step; what follows from it in the same chain is not reported again.",
        "Derive the side anew from the one before it.",
        bad=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$

$$\frac{\partial \hat{y}}{\partial w} = \frac{\partial (w x + b)}{\partial w} = w^2 + b$$
""",
        good=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$

$$\frac{\partial \hat{y}}{\partial w} = \frac{\partial (w x + b)}{\partial w} = x$$
""",
    ),
    "GC120": Explanation(
        "One name stands where another belongs, often one that looks like it or stands for a "
        "neighbouring layer.",
        "Write the name that the suggestion has.",
        bad=_LAYERS
        + r"""
$$\frac{\partial L}{\partial w_2} = (\hat{y} - y) z_1$$
""",
        good=_LAYERS
        + r"""
$$\frac{\partial L}{\partial w_2} = (\hat{y} - y) a_1$$
""",
    ),
    "GC121": Explanation(
        "The bias of the other layer stands here. If it is in a forward equation, the gradients "
        "derived for the intended network are all judged by the one that is written.",
        "Write this layer's bias.",
        bad=r"""
$$a_1 = \sigma(w_1 x + b_1), \quad \hat{y} = w_2 a_1 + b_1$$

$$L = \frac{1}{2} (\hat{y} - y)^2$$

$$\frac{\partial L}{\partial w_2} = (\hat{y} - y) a_1$$

$$\frac{\partial L}{\partial b_2} = \hat{y} - y$$

$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2 \, a_1 (1 - a_1)$$
""",
        good=r"""
$$a_1 = \sigma(w_1 x + b_1), \quad \hat{y} = w_2 a_1 + b_2$$

$$L = \frac{1}{2} (\hat{y} - y)^2$$

$$\frac{\partial L}{\partial w_2} = (\hat{y} - y) a_1$$

$$\frac{\partial L}{\partial b_2} = \hat{y} - y$$

$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2 \, a_1 (1 - a_1)$$
""",
    ),
    "GC122": Explanation(
        "The chain rule passes through every activation, and each gives its derivative as a "
        "factor: a_1 (1 - a_1) for a sigmoid, 1 - a_1^2 for a tanh. It is missing here.",
        "Put the derivative of the activation back.",
        bad=_NETWORK
        + r"""
$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2$$
""",
        good=_NETWORK
        + r"""
$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2 \, a_1 (1 - a_1)$$
""",
    ),
    "GC123": Explanation(
        "The derivative of an activation, or a part of it, stands twice in a product.",
        "Leave one of the two out.",
        bad=_NETWORK
        + r"""
$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2 \, a_1 a_1 (1 - a_1)$$
""",
        good=_NETWORK
        + r"""
$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2 \, a_1 (1 - a_1)$$
""",
    ),
    "GC124": Explanation(
        "The derivative is that of another activation than the one in the forward equations: 1 "
        "- a_1^2 belongs to tanh, a_1 (1 - a_1) to the sigmoid.",
        "Write the derivative of the activation that the document uses.",
        bad=_NETWORK
        + r"""
$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2 (1 - a_1^2)$$
""",
        good=_NETWORK
        + r"""
$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2 \, a_1 (1 - a_1)$$
""",
    ),
    "GC125": Explanation(
        "A function stands where its derivative belongs, or the reverse: a prime is lost, or "
        "there is one too many.",
        "Write the prime, or leave it out, as the suggestion shows.",
        bad=_LAYERS
        + r"""
$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2 \, \sigma(z_1)$$
""",
        good=_LAYERS
        + r"""
$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2 \, \sigma'(z_1)$$
""",
    ),
    "GC126": Explanation(
        "One function stands where another belongs, such as sin for σ.",
        "Write the function that the suggestion has.",
        bad=_LAYERS
        + r"""
$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2 \, \tanh(z_1) (1 - \sigma(z_1))$$
""",
        good=_LAYERS
        + r"""
$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2 \, \sigma(z_1) (1 - \sigma(z_1))$$
""",
    ),
    "GC127": Explanation(
        "A function is multiplied by its argument instead of being applied to it, or the reverse.",
        "Write the argument in brackets right behind the function, or the product with a sign.",
        bad=_LAYERS
        + r"""
$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2 \, \sigma'(a_1) z_1$$
""",
        good=_LAYERS
        + r"""
$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2 \, \sigma'(z_1)$$
""",
    ),
    "GC128": Explanation(
        "A bracket is lost, or it opens or closes at the wrong place, so that a factor reaches "
        "only the last term.",
        "Put the bracket where the suggestion has it.",
        bad=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = \hat{y} - y x$$
""",
        good=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$
""",
    ),
    "GC129": Explanation(
        "An exponent is lost, is added, or is another.",
        "Write the exponent that the suggestion has.",
        bad=_TANH
        + r"""
$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2 (1 - a_1)$$
""",
        good=_TANH
        + r"""
$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2 (1 - a_1^2)$$
""",
    ),
    "GC130": Explanation(
        "A number stands in a step that does not follow from the one before it.",
        "Write the number that the suggestion has.",
        bad=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$

$$\frac{\partial \hat{y}}{\partial w} = \frac{\partial (w x + b)}{\partial w} = 2 x$$
""",
        good=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$

$$\frac{\partial \hat{y}}{\partial w} = \frac{\partial (w x + b)}{\partial w} = x$$
""",
    ),
    "GC131": Explanation(
        "A sum over the samples stands where there is nothing to sum over: it multiplies by their "
        "number, or adds up what belongs to one sample.",
        "Leave out the sum.",
        bad=_MEAN
        + r"""
$$\frac{\partial L}{\partial b} = \frac{2}{N} \sum_{i=1}^N (\hat{y}_i - y_i)$$

$$\frac{\partial L}{\partial \hat{y}} \frac{\partial \hat{y}}{\partial b}
= \frac{2}{N} (\hat{y} - y) \sum_{i=1}^N 1$$
""",
        good=_MEAN
        + r"""
$$\frac{\partial L}{\partial b} = \frac{2}{N} \sum_{i=1}^N (\hat{y}_i - y_i)$$

$$\frac{\partial L}{\partial \hat{y}} \frac{\partial \hat{y}}{\partial b}
= \frac{2}{N} (\hat{y} - y)$$
""",
    ),
    "GC132": Explanation(
        "A sum over the samples is left out where it is no convention, because the rest of the "
        "line is written with sums.",
        "Write the sum.",
        bad=_MEAN
        + r"""
$$\frac{\partial L}{\partial w} = \frac{2}{N} \sum_{i=1}^N (\hat{y}_i - y_i) x_i
= \frac{2}{N} \left( \sum_{i=1}^N \hat{y}_i x_i - y x \right)$$
""",
        good=_MEAN
        + r"""
$$\frac{\partial L}{\partial w} = \frac{2}{N} \sum_{i=1}^N (\hat{y}_i - y_i) x_i
= \frac{2}{N} \left( \sum_{i=1}^N \hat{y}_i x_i - \sum_{i=1}^N y_i x_i \right)$$
""",
    ),
    "GC133": Explanation(
        "A sum has a term too many.",
        "Leave out the term that the suggestion lacks.",
        bad=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) x + b$$
""",
        good=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$
""",
    ),
    "GC134": Explanation(
        "A sum lacks a term.",
        "Write the term that the suggestion has.",
        bad=_LINE
        + r"""
$$\frac{\partial L}{\partial b} = \hat{y} - y = w x - y$$
""",
        good=_LINE
        + r"""
$$\frac{\partial L}{\partial b} = \hat{y} - y = w x + b - y$$
""",
    ),
    "GC135": Explanation(
        "Nothing follows a multiplication sign: a factor was lost, and the gradient is not read.",
        "Write the factor that the suggestion has.",
        bad=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) \times$$
""",
        good=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) \times x$$
""",
    ),
    "GC136": Explanation(
        "One name stands for two things, so that the line is wrong by the first of its "
        "meanings: y is the label, say, and the output of tanh as well.",
        "Give one of the two another name.",
        bad=_TANH
        + r"""
$$y = \tanh(z), \quad \tanh' = 1 - y^2$$

$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2 (1 - y^2)$$
""",
        good=_TANH
        + r"""
$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2 (1 - a_1^2)$$
""",
    ),
    "GC137": Explanation(
        "A sum runs over another index than its terms have, or its bounds do not take in every "
        "sample. What is meant cannot be told for sure, so the line is not decided.",
        "Write the index and the bounds of the loss.",
        bad=_MEAN
        + r"""
$$\frac{\partial L}{\partial w} = \frac{2}{N} \sum_{i=1}^N (\hat{y}_i - y_j) x_i$$
""",
        good=_MEAN
        + r"""
$$\frac{\partial L}{\partial w} = \frac{2}{N} \sum_{i=1}^N (\hat{y}_i - y_i) x_i$$
""",
    ),
    "GC140": Explanation(
        "A number in a worked example is not what stands before it, to the digits written. Names "
        "count with the values that the text gives them; what is rounded may be off in its last "
        "digit.",
        "Reckon again from the side before, or put in the value that the text gives.",
        bad=_TRAINED
        + r"""
With $x = 2$, $w = 0.5$, $b = -0.3$ and $y = 1$:

$$\hat{y} = w x + b = 0.5 \cdot 2 - 0.3 = 0.7$$

$$\frac{\partial L}{\partial w} = (\hat{y} - y) x = (0.7 - 1) \cdot 2 = -0.4$$
""",
        good=_TRAINED
        + r"""
With $x = 2$, $w = 0.5$, $b = -0.3$ and $y = 1$:

$$\hat{y} = w x + b = 0.5 \cdot 2 - 0.3 = 0.7$$

$$\frac{\partial L}{\partial w} = (\hat{y} - y) x = (0.7 - 1) \cdot 2 = -0.6$$
""",
    ),
    "GC190": Explanation(
        "Algebra, finite differences and the evaluation at points contradict each other. That is a "
        "mistake in gradcheck, not in the document, so there is no example of it.",
        "Please report it, with the document.",
    ),
    "GC191": Explanation(
        "One part of gradcheck broke down on this document: a suggestion, an example, a number, or "
        "a verdict, which is then not decided. That is a mistake in gradcheck, not in the "
        "document, so there is no example of it. The other verdicts stand.",
        "Please report it, with the document.",
    ),
    "GC201": Explanation(
        "A constant of the loss, such as 2/N, is left out of all gradients alike. That is a common "
        "convention: it only rescales the learning rate.",
        "Nothing; or say so in the text, or write the constant.",
        bad=_MEAN
        + r"""
$$\frac{\partial L}{\partial w} = \sum_{i=1}^N (\hat{y}_i - y_i) x_i$$
""",
        good=_MEAN
        + r"""
$$\frac{\partial L}{\partial w} = \frac{2}{N} \sum_{i=1}^N (\hat{y}_i - y_i) x_i$$
""",
    ),
    "GC202": Explanation(
        "The loss is a sum over the samples, and the gradient is written for one sample: the sum "
        "is left out. That is a common convention.",
        "Nothing; or write the sum, or say in the text that the line is one sample's gradient.",
        bad=_MEAN
        + r"""
$$\frac{\partial L}{\partial w} = \frac{2}{N} (\hat{y} - y) x$$
""",
        good=_MEAN
        + r"""
$$\frac{\partial L}{\partial w} = \frac{2}{N} \sum_{i=1}^N (\hat{y}_i - y_i) x_i$$
""",
    ),
    "GC301": Explanation(
        "A gradient is claimed for a parameter that the forward equations never use, so that its "
        "gradient is 0. Often another name stands in its place.",
        "Look for its place in the forward equations: is it b_2 that should stand there?",
        bad=r"""
$$a_1 = \sigma(w_1 x + b_1), \quad \hat{y} = w_2 a_1 + b_1$$

$$L = \frac{1}{2} (\hat{y} - y)^2$$

$$\frac{\partial L}{\partial w_2} = (\hat{y} - y) a_1$$

$$\frac{\partial L}{\partial b_2} = \hat{y} - y$$
""",
        good=_NETWORK
        + r"""
$$\frac{\partial L}{\partial w_2} = (\hat{y} - y) a_1$$

$$\frac{\partial L}{\partial b_2} = \hat{y} - y$$
""",
    ),
    "GC302": Explanation(
        "A sum that runs from 0 to N has N + 1 terms, and it is divided by N.",
        "Begin the sum at 1, or end it at N - 1.",
        bad=r"""
$$\hat{y} = w x + b$$

$$L = \frac{1}{N} \sum_{i=0}^N (\hat{y}_i - y_i)^2$$

$$\frac{\partial L}{\partial w} = \frac{2}{N} \sum_{i=0}^N (\hat{y}_i - y_i) x_i$$
""",
        good=_MEAN
        + r"""
$$\frac{\partial L}{\partial w} = \frac{2}{N} \sum_{i=1}^N (\hat{y}_i - y_i) x_i$$
""",
    ),
    "GC303": Explanation(
        "A name is used that the document never defines: it is no input, no label and no "
        "parameter, and no equation says what it is.",
        "Define it, or write the name that is meant.",
        bad=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$

$$\frac{\partial \hat{y}}{\partial w} = \epsilon$$
""",
        good=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$

$$\frac{\partial \hat{y}}{\partial w} = x$$
""",
    ),
    "GC304": Explanation(
        "One name stands for two things, such as y for the label and for the output of tanh. "
        "Then it cannot be told which one a formula means.",
        "Give one of the two another name.",
        bad=_TANH
        + r"""
$$y = \tanh(z), \quad \frac{d y}{d z} = 1 - y^2$$

$$\frac{\partial L}{\partial w_2} = (\hat{y} - y) a_1$$
""",
        good=_TANH
        + r"""
$$t = \tanh(z), \quad \frac{d t}{d z} = 1 - t^2$$

$$\frac{\partial L}{\partial w_2} = (\hat{y} - y) a_1$$
""",
    ),
    "GC305": Explanation(
        "The text states the shapes of two matrices, and their product does not fit them in the "
        "order in which it is written.",
        "Turn the factors round, transpose one of them, or mend the stated shape.",
        bad=r"""
X : input features $[n \times f]$

y : output labels $[n \times 1]$

$$\hat{y} = w X + b$$

$$L = \frac{1}{2} (\hat{y} - y)^2$$

$$\frac{\partial L}{\partial b} = \hat{y} - y$$
""",
        good=r"""
X : input features $[n \times f]$

y : output labels $[n \times 1]$

$$\hat{y} = X w + b$$

$$L = \frac{1}{2} (\hat{y} - y)^2$$

$$\frac{\partial L}{\partial b} = \hat{y} - y$$
""",
    ),
    "GC306": Explanation(
        "The loss is defined with one constant, and a derivation restates it with another, "
        "without a word; or a derivative on the way leaves out a number that the gradients have.",
        "Write the loss as it was defined, or define it anew.",
        bad=_MEAN
        + r"""
$$\frac{\partial L}{\partial w} = \frac{\partial \frac{1}{2} (\hat{y} - y)^2}{\partial w}
= (\hat{y} - y) x$$
""",
        good=_MEAN
        + r"""
$$\frac{\partial L}{\partial w} = \frac{\partial \frac{1}{N} (\hat{y} - y)^2}{\partial w}
= \frac{2}{N} (\hat{y} - y) x$$
""",
    ),
    "GC307": Explanation(
        "The sum over the samples stands before several terms, and no bracket says that it takes "
        "in all of them. It is read as if it did, because a term outside would be no sample's.",
        "Put all terms of the sum in brackets.",
        bad=r"""
$$\hat{y} = \sigma(w x + b)$$

$$L = -\sum_{i=1}^N y_i \log \hat{y}_i + (1 - y_i) \log(1 - \hat{y}_i)$$

$$\frac{\partial L}{\partial b} = \sum_{i=1}^N (\hat{y}_i - y_i)$$
""",
        good=r"""
$$\hat{y} = \sigma(w x + b)$$

$$L = -\sum_{i=1}^N \left(y_i \log \hat{y}_i + (1 - y_i) \log(1 - \hat{y}_i)\right)$$

$$\frac{\partial L}{\partial b} = \sum_{i=1}^N (\hat{y}_i - y_i)$$
""",
    ),
    "GC311": Explanation(
        "With --against, the forward equations and the loss come from the reference. This "
        "definition of the document is another one: an activation is left out, say, or the loss "
        "is an easier one.",
        "Use the definitions of the reference.",
        bad=r"""
$$a_1 = w_1 x + b_1, \quad \hat{y} = w_2 a_1 + b_2$$

$$L = \frac{1}{2} (\hat{y} - y)^2$$

$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2$$
""",
        good=r"""
$$a_1 = \sigma(w_1 x + b_1), \quad \hat{y} = w_2 a_1 + b_2$$

$$L = \frac{1}{2} (\hat{y} - y)^2$$

$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2 \, a_1 (1 - a_1)$$
""",
        reference=_NETWORK,
    ),
    "GC312": Explanation(
        "With --against: the loss is that of the reference times a constant. The gradients "
        "differ by the same constant.",
        "Use the constant of the reference, or say why not.",
        bad=r"""
$$\hat{y} = w x + b$$

$$L = (\hat{y} - y)^2$$

$$\frac{\partial L}{\partial w} = 2 (\hat{y} - y) x$$
""",
        good=r"""
$$\hat{y} = w x + b$$

$$L = \frac{1}{2} (\hat{y} - y)^2$$

$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$
""",
        reference=_LINE,
    ),
    "GC313": Explanation(
        "With --against: the reference defines a loss and a network whose gradients the "
        "document does not derive.",
        "Derive the gradients of that setup as well.",
        bad=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$
""",
        good=_LINE
        + r"""
$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$


$$\hat{p} = \sigma(w x + b)$$

$$J = -(y \log \hat{p} + (1 - y) \log(1 - \hat{p}))$$

$$\frac{\partial J}{\partial w} = (\hat{p} - y) x$$
""",
        reference=_LINE
        + r"""
$$\hat{p} = \sigma(w x + b)$$

$$J = -(y \log \hat{p} + (1 - y) \log(1 - \hat{p}))$$
""",
    ),
    "GC314": Explanation(
        "With --against: the reference names the activation, the document leaves it open and "
        "writes g. What it claims of g is judged by the activation of the reference.",
        "Nothing; or name the activation.",
        bad=r"""
$$a_1 = g(w_1 x + b_1), \quad \hat{y} = w_2 a_1 + b_2$$

$$L = \frac{1}{2} (\hat{y} - y)^2$$

$$\frac{\partial L}{\partial w_2} = (\hat{y} - y) a_1$$
""",
        good=r"""
$$a_1 = \sigma(w_1 x + b_1), \quad \hat{y} = w_2 a_1 + b_2$$

$$L = \frac{1}{2} (\hat{y} - y)^2$$

$$\frac{\partial L}{\partial w_2} = (\hat{y} - y) a_1$$
""",
        reference=_NETWORK,
    ),
    "GC401": Explanation(
        "An update must start from the parameter that it trains; this one starts from another.",
        "Write the same name on both sides.",
        bad=_TRAINED
        + r"""
$$b \leftarrow w - \alpha \frac{\partial L}{\partial b}$$
""",
        good=_TRAINED
        + r"""
$$b \leftarrow b - \alpha \frac{\partial L}{\partial b}$$
""",
    ),
    "GC402": Explanation(
        "An update must use the gradient by the parameter that it trains, as the document claims "
        "it; this one uses another.",
        "Use the gradient by the same parameter.",
        bad=_TRAINED
        + r"""
$$b \leftarrow b - \alpha \frac{\partial L}{\partial w}$$
""",
        good=_TRAINED
        + r"""
$$b \leftarrow b - \alpha \frac{\partial L}{\partial b}$$
""",
    ),
    "GC403": Explanation(
        "Gradient descent takes the gradient off the parameter; this update adds it, and climbs.",
        "Turn the sign of the update round; plus is right only for a gradient with the other sign.",
        bad=_TRAINED
        + r"""
$$w \leftarrow w + \alpha \frac{\partial L}{\partial w}$$
""",
        good=_TRAINED
        + r"""
$$w \leftarrow w - \alpha \frac{\partial L}{\partial w}$$
""",
    ),
    "GC404": Explanation(
        "The other parameters are updated with a learning rate, this one without. A constant that "
        "is left out of its gradient is then not absorbed by the rate either.",
        "Write the learning rate before the gradient.",
        bad=_TRAINED
        + r"""
$$w \leftarrow w - \alpha \frac{\partial L}{\partial w}$$

$$b \leftarrow b - \frac{\partial L}{\partial b}$$
""",
        good=_TRAINED
        + r"""
$$w \leftarrow w - \alpha \frac{\partial L}{\partial w}$$

$$b \leftarrow b - \alpha \frac{\partial L}{\partial b}$$
""",
    ),
    "GC405": Explanation(
        "A number stands where the learning rate belongs. It may be meant; often it is a name that "
        "was read off as a digit, such as 2 for α.",
        "Nothing if it is meant; else write the name of the learning rate.",
        bad=_TRAINED
        + r"""
$$w \leftarrow w - 2 \frac{\partial L}{\partial w}$$
""",
        good=_TRAINED
        + r"""
$$w \leftarrow w - \alpha \frac{\partial L}{\partial w}$$
""",
    ),
    "GC406": Explanation(
        "The other parameters of the network are updated, this one never is: it would keep its "
        "first value.",
        "Write its update rule, or say that it is not trained.",
        bad=_NETWORK
        + r"""
$$\frac{\partial L}{\partial b_2} = \hat{y} - y$$

$$w_1 \leftarrow w_1 - \alpha \frac{\partial L}{\partial w_1}$$

$$b_1 \leftarrow b_1 - \alpha \frac{\partial L}{\partial b_1}$$

$$w_2 \leftarrow w_2 - \alpha \frac{\partial L}{\partial w_2}$$
""",
        good=_NETWORK
        + r"""
$$\frac{\partial L}{\partial b_2} = \hat{y} - y$$

$$w_1 \leftarrow w_1 - \alpha \frac{\partial L}{\partial w_1}$$

$$b_1 \leftarrow b_1 - \alpha \frac{\partial L}{\partial b_1}$$

$$w_2 \leftarrow w_2 - \alpha \frac{\partial L}{\partial w_2}$$

$$b_2 \leftarrow b_2 - \alpha \frac{\partial L}{\partial b_2}$$
""",
    ),
    "GC407": Explanation(
        "The update has no learning rate: it takes steps of the whole gradient.",
        "Write the learning rate before the gradient.",
        bad=_TRAINED
        + r"""
$$w \leftarrow w - \frac{\partial L}{\partial w}$$

$$b \leftarrow b - \frac{\partial L}{\partial b}$$
""",
        good=_TRAINED
        + r"""
$$w \leftarrow w - \alpha \frac{\partial L}{\partial w}$$

$$b \leftarrow b - \alpha \frac{\partial L}{\partial b}$$
""",
    ),
    "GC408": Explanation(
        "The parameters are updated with learning rates of different names. Then the update is not "
        "gradient descent with one rate.",
        "Use one learning rate, or say in the text that each parameter has its own.",
        bad=_TRAINED
        + r"""
$$w \leftarrow w - \alpha \frac{\partial L}{\partial w}$$

$$b \leftarrow b - \beta \frac{\partial L}{\partial b}$$
""",
        good=_TRAINED
        + r"""
$$w \leftarrow w - \alpha \frac{\partial L}{\partial w}$$

$$b \leftarrow b - \alpha \frac{\partial L}{\partial b}$$
""",
    ),
    "GC409": Explanation(
        "The update is not the parameter minus a rate times the gradient: momentum, Adam, weight "
        "decay. Such rules are not judged.",
        "Nothing if it is meant.",
        bad=_TRAINED
        + r"""
$$w \leftarrow w - \alpha \frac{\partial L}{\partial w} - \lambda w$$
""",
        good=_TRAINED
        + r"""
$$w \leftarrow w - \alpha \frac{\partial L}{\partial w}$$
""",
    ),
    "GC501": Explanation(
        "The gradient that the code returns is not that of its loss: finite differences at the "
        "same point differ from it by far more than they can be off.",
        "Look at the parameter and the entry named; mend the code, not the tolerance.",
    ),
    "GC502": Explanation(
        "Nothing shows that the gradient is wrong, and nothing that it is right: both are smaller "
        "than what finite differences can see, or the loss has no value near the point.",
        "Take another point, as the finding says.",
    ),
    "GC510": Explanation(
        "Called twice with the same parameters, the loss or the gradient gives different results: "
        "dropout, noise, a batch drawn anew. No gradient can be compared with such a loss.",
        "Seed the generator inside the function, or draw once and pass in what was drawn.",
    ),
    "GC511": Explanation(
        "The loss or the gradient writes to the parameters that it is given. The check hands out "
        "copies; an optimiser does not, and its parameters would move.",
        "Write to a copy: `w = w - g` for `w -= g`.",
    ),
    "GC512": Explanation(
        "Near the point, along some entries, the loss is nan or infinite or raises: the domain of "
        "a logarithm or a root ends there. Smaller steps were taken, or steps to one side only.",
        "Nothing if the parameters are meant to lie there; else check at a point farther inside.",
    ),
    "GC513": Explanation(
        "The gradient is so small at this point, beside the rounding error of the loss, that a "
        "wrong one could not be told from a right one. So no verdict is given.",
        "Check at parameters drawn at random, of order 1: away from an optimum, from saturated "
        "activations and from all zeros, and without a large constant added to the loss.",
    ),
    "GC514": Explanation(
        "All entries of all parameters are the same multiple of the true gradient: the gradient "
        "belongs to another loss, which is a multiple of this one (a mean for a sum, ½ left out, "
        "what is maximised for what is minimised).",
        "Take the loss and the gradient of the same quantity.",
    ),
    "GC515": Explanation(
        "Every entry is the parameter itself times the derivative by it: the gradient is right by "
        "log θ, but θ is what was passed. It is not decided which of the two is meant.",
        "Pass the logarithm as the parameter, or divide the gradient by the parameter.",
    ),
    "GC516": Explanation(
        "The numbers of the gradient are compared after a transposition, or without an axis of "
        "size 1: it does not come in the shape of the parameter. An update would fail, or, worse, "
        "broadcast.",
        "Return the gradient in the parameter's own shape.",
    ),
    "GC517": Explanation(
        "In float64 the gradient agrees; in the type of the parameters it is off by more than the "
        "rounding of its result explains: something cancels or overflows on the way.",
        "Rearrange the formula, or compute the delicate part in float64.",
    ),
    "GC518": Explanation(
        "A network of layers was declared to stand for the loss, but the two differ at displaced "
        "parameters. Nothing is concluded from it: every entry is measured by the loss itself.",
        "Declare layers, activations, loss and scale as the loss has them, or nothing.",
    ),
    "GC519": Explanation(
        "Near the point the loss does not have the slope that the code gives, but it is not smooth "
        "either: it moves in jumps or pieces (rounding, integers, tables, a stopping tolerance), "
        "and over many of them its slope is the code's; or it oscillates faster than differences "
        "can follow. Neither of the two slopes is called wrong.",
        "Check the gradient on the loss before it is rounded or quantised, or with a finer "
        "tolerance.",
    ),
    "GC520": Explanation(
        "The right numbers stand in another order: transposed, with other axes permuted, or in "
        "the other memory order.",
        "Transpose, where the code reshapes; use one order= in ravel and reshape.",
    ),
    "GC521": Explanation(
        "Every entry, or every entry that is wrong, is the same multiple of the gradient.",
        "Look for the 2 of a square, the ½ of a loss, a constant that is there twice.",
    ),
    "GC522": Explanation(
        "The gradient has the wrong sign: descent with it climbs.",
        "Check the order of 'prediction - target' and the sign of the loss.",
    ),
    "GC523": Explanation(
        "The ratio to the gradient is the length of an axis: the samples, outputs or units over "
        "which one takes a sum and the other a mean.",
        "Use mean() where the loss does, and sum() where it does.",
    ),
    "GC524": Explanation(
        "A sum or mean runs along another axis than it should. It goes unnoticed where the two "
        "lengths are equal, or NumPy broadcasts the result.",
        "Name the axis of the samples: sum(axis=0). Test with lengths that all differ.",
    ),
    "GC525": Explanation(
        "The numbers are right, but two entries, rows, blocks or parameters stand in each other's "
        "place.",
        "Return them in the order of the parameters.",
    ),
    "GC526": Explanation(
        "A backward pass must multiply by the gradient that comes from above. Here it does not, "
        "or uses another than the one passed. A test with ones never sees it.",
        "Multiply by the upstream gradient, entry by entry, before anything is summed.",
    ),
    "GC527": Explanation(
        "The chain rule's factor for an activation is missing. It was found by setting a weight "
        "to zero: there the pre-activation is the bias.",
        "Multiply what comes back by the activation's derivative.",
    ),
    "GC528": Explanation(
        "The derivative of an activation stands twice, often once in the loss's gradient and once "
        "in the layer's.",
        "Keep one of the two.",
    ),
    "GC529": Explanation(
        "The derivative of an activation is taken at the wrong place (its output for its input, "
        "or the reverse), or it is that of another function.",
        "Say in the code what is input z and what is output a: a * (1 - a), but 1 - tanh(z)**2.",
    ),
    "GC530": Explanation(
        "The error is one multiple of the parameter or of its sign: the term that a penalty on "
        "squares or absolute values gives.",
        "Put the penalty into both loss and gradient, with the same constant, for the same "
        "parameters.",
    ),
    "GC531": Explanation(
        "The sum or mean over the samples leaves one out, or has one twice: a loop or slice off "
        "by one.",
        "Let it run over all samples.",
    ),
    "GC532": Explanation(
        "Only one sample is in the gradient: the samples are not added up, or each overwrites the "
        "one before.",
        "Write += for =, or sum over the axis of the samples.",
    ),
    "GC533": Explanation(
        "A row, entry or parameter holds the gradient that belongs to another: an index or buffer "
        "of the pass before, or a line that was copied and not changed.",
        "Check the index that is used to write, and that to read.",
    ),
    "GC534": Explanation(
        "A gradient is 0, and the true one is not: it was created and never filled, or "
        "overwritten.",
        "Compute it, or return None if it is not meant to be trained.",
    ),
    "GC535": Explanation(
        "The gradient is right, but not where an entry is exactly zero; moved away from zero it "
        "is right there too.",
        "Give zero a case of its own, and compute the other case on a safe value.",
    ),
    "GC536": Explanation(
        "The gradient is right, but not where entries are equal, as in a maximum; with the tie "
        "broken it is right there too.",
        "Give it to one of the equal entries, or share it among them.",
    ),
    "GC537": Explanation(
        "The gradient is right, but not where an entry is large in magnitude: digits cancel "
        "there, or an exponential overflows.",
        "Use forms that are exact there: σ(z)σ(-z) for a(1-a), logaddexp for log(1 + exp z).",
    ),
    "GC538": Explanation(
        "The gradient is right, but was altered after that: clipped, its sign or its size lost.",
        "Check the gradient as it is computed; alter it in the optimiser.",
    ),
    "GC539": Explanation(
        "A term is missing that runs over several entries: through a mean (as in normalisation), "
        "or off the diagonal (as in softmax).",
        "Differentiate the sum or mean as well: each entry moves it, and it moves all others.",
    ),
    "GC540": Explanation(
        "The gradient divided by the claim is an array at hand: it was forgotten as a factor.",
        "Multiply by it.",
    ),
    "GC541": Explanation(
        "The claim divided by the gradient is an array at hand: it is there as a factor and "
        "should not be, or stands twice.",
        "Remove it once.",
    ),
    "GC542": Explanation(
        "Entries on which the loss does not depend have a gradient that is not 0, and the others "
        "are right: the mask of dropout, of a ReLU or of a maximum is missing in the gradient.",
        "Keep the mask of the forward pass, and multiply by it.",
    ),
    "GC543": Explanation(
        "The gradient is right if a matrix is made symmetric, or a kernel the same from both ends, "
        "and wrong otherwise: it enters the wrong way round. Equal sizes hide it.",
        "Use the transpose where the forward pass does not, and flip the kernel for the gradient "
        "of a convolution's input.",
    ),
    "GC544": Explanation(
        "The gradient is right if one parameter is set to 0, and wrong otherwise: the part that "
        "depends on that parameter is missing or wrong, as when a recurrent network is followed "
        "back for too few steps.",
        "Follow every way from the parameter to the loss.",
    ),
    "GC545": Explanation(
        "The labels count by their mean only: predictions of shape (n,) and labels of shape "
        "(n, 1), or the reverse, are broadcast to (n, n), and each prediction meets every label.",
        "Give both one shape before they are subtracted.",
    ),
    "GC901": Explanation(
        "A comment declares a finding that is not there: the mistake was mended, or it is in "
        "another block. An expectation must not outlive what it is about.",
        "Remove the comment, or put it right above the block it is about.",
        bad=_LINE
        + r"""
<!-- gradcheck: expect[GC101] a bias has no factor x -->
$$\frac{\partial L}{\partial b} = \hat{y} - y$$
""",
        good=_LINE
        + r"""
<!-- gradcheck: expect[GC101] a bias has no factor x -->
$$\frac{\partial L}{\partial b} = (\hat{y} - y) x$$
""",
    ),
    "GC902": Explanation(
        "A comment that begins with 'gradcheck' is not one that gradcheck understands. It must "
        "stand on a line of its own and name codes that there are.",
        "Write '<!-- gradcheck: expect[GC101] reason -->', or ignore for expect.",
        bad=_LINE
        + r"""
<!-- gradcheck: expect GC101 -->
$$\frac{\partial L}{\partial b} = \hat{y} - y$$
""",
        good=_LINE
        + r"""
<!-- a comment for people -->
$$\frac{\partial L}{\partial b} = \hat{y} - y$$
""",
    ),
    "GC903": Explanation(
        "A comment silences a finding that is not there. It would hide the next one.",
        "Remove the comment, or put it right above the block it is about.",
        bad=_LINE
        + r"""
<!-- gradcheck: ignore[GC101] a bias has no factor x -->
$$\frac{\partial L}{\partial b} = \hat{y} - y$$
""",
        good=_LINE
        + r"""
<!-- gradcheck: ignore[GC101] a bias has no factor x -->
$$\frac{\partial L}{\partial b} = (\hat{y} - y) x$$
""",
    ),
}
