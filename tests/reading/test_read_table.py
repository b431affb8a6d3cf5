"""Small formulas in the ways lecture notes, papers and students write them, with their trees."""

from __future__ import annotations

import pytest

from gradcheck.document import Document
from gradcheck.expression import to_key
from gradcheck.reading import read

# formula (a whole document) → what is read: sides joined by relations, statements by " ; "
CASES = [
    # names
    (r"$w_1 x_1 + b$", "(+ (* w_1 x_1) b)"),
    (r"$z1 = W1 * x + b1$", "z_1 = (+ (* W_1 x) b_1)"),
    (r"$\delta2 = a2 - y$", "delta_2 = (+ a_2 (- y))"),
    (r"$\hat y_i$", "hat(y)_i"),
    (r"$\hat{y}^{(i)} = a^{[2](i)}$", "hat(y)^(i) = a^[2](i)"),
    (r"$\widehat{\mathbf{y}}$", "hat(y)"),
    (r"$\mathbf{W}_1 \mathbf{x} + \boldsymbol{b}_1$", "(+ (* W_1 x) b_1)"),
    (r"$\vec{x}\cdot\vec w$", "(* x w)"),
    (r"$\mathcal{L} = \frac12 (t - y)^2$", "cal(L) = (* (/ 1 2) (^ (+ t (- y)) 2))"),
    (r"$y_{pred} - y_{\text{pred}}$", "(+ y_pred (- y_pred))"),
    (r"$Loss_MSE = y(pred)$", "Loss_MSE = y(pred)"),
    (r"$W^{[l]} x^{(i)} W^T$", "(* W^[l] x^(i) (T W))"),
    (r"$W^{[2]T} \delta$", "(* (T W^[2]) delta)"),
    (r"$(W^{l+1})^T \delta^{l+1}$", "(* (T W^l+1) delta^l+1)"),
    (r"$W_2^\top \delta_2 \odot \sigma'(z_1)$", "(* (T W_2) delta_2 (call sigma' z_1))"),
    (r"$x^{\mathrm T} w^{\intercal}$", "(* (T x) (T w))"),
    (r"$w^{new} = w^{\text{old}}$", "w^new = w^old"),
    (r"$w_{t+1} = w_t - \eta g_t$", "w^(t+1) = (+ w^(t) (- (* eta g^(t))))"),
    (r"$w^{(t+1)} = w^{(t)}$", "w^(t+1) = w^(t)"),
    (r"$dW_1 = \frac{1}{m} dz_1 x^T$", "dW_1 = (* (/ 1 m) dz_1 (T x))"),
    (r"$dW^{[1]} = dZ^{[1]} X^T$", "dW^[1] = (* dZ^[1] (T X))"),
    (r"$net_{h1} = w_1 i_1$", "net_h1 = (* w_1 i_1)"),
    (r"$w, x$ and $z = wx + b$", "w ; x ; z = (+ (* w x) b)"),
    (r"$\text{lr} \cdot g$", "(* lr g)"),
    (r"$\ell(\hat y, y)$", "(call ell hat(y) y)"),
    (r"$\bar{x} = \overline{x}$", "bar(x) = bar(x)"),
    (r"$\theta_{ij}^{(l)}$", "theta_ij^(l)"),
    (r"$w_{1,2} x_{ij}$", "(* w_1,2 x_ij)"),
    (r"$w\_1 \* x$", "(* w_1 x)"),
    (r"$\mathrm{MSE} = \mathit{Loss}$", "MSE = Loss"),
    (r"$W \in \mathbb{R}^{n \times m}$", "W in (^ bb(R) (* n m))"),
    # Unicode
    ("$ŷ = σ(z₁)$", "hat(y) = (call sigma z_1)"),
    ("$∂L/∂W₂ = (ŷ − y)·h₁ᵀ$", "(d L W_2) = (* (+ hat(y) (- y)) (T h_1))"),
    ("$a² × b³$", "(* (^ a 2) (^ b 3))"),
    ("$y\u0302 + x\u0304$", "(+ hat(y) bar(x))"),
    ("$δ₁₂ ← α ∗ ∂$", "delta_12 <- UNREAD"),
    # sums, products, quotients
    (r"$a - b - c$", "(+ a (- b) (- c))"),
    (r"$-2(y-\hat y)$", "(- (* 2 (+ y (- hat(y)))))"),
    (r"$+a \cdot -b$", "(* a (- b))"),
    (r"$a (b c) [d e]$", "(* a (* b c) (* d e))"),
    (r"$1/(2m)$", "(/ 1 (* 2 m))"),
    (r"$a/b c$", "(/ a (* b c))"),
    (r"$a/b \cdot c$", "(* (/ a b) c)"),
    (r"$1/2m$", "(/ 1 (* 2 m))"),
    (r"$1/2 (y - t)^2$", "(* (/ 1 2) (^ (+ y (- t)) 2))"),
    (r"$\frac1m \sum_i e_i^2$", "(* (/ 1 m) (sum i _ _ (^ e_i 2)))"),
    (r"$1/N \sum (y-a)^2$", "(* (/ 1 N) (sum _ _ _ (^ (+ y (- a)) 2)))"),
    (r"$\sum\limits_{i=1}^{m} x_i y_i + c$", "(+ (sum i 1 m (* x_i y_i)) c)"),
    (r"$\sum_{k}^{K} w_k [a + b] c$", "(sum k _ K (* w_k (+ a b) c))"),
    (r"$0.5 (a - y)^2$", "(* 1/2 (^ (+ a (- y)) 2))"),
    (r"$e^{-z}$", "(^ e (- z))"),
    (r"$e^{-(w x + b)}$", "(^ e (- (+ (* w x) b)))"),
    (r"$\frac{e^x-e^{-x}}{e^x+e^{-x}}$", "(/ (+ (^ e x) (- (^ e (- x)))) (+ (^ e x) (^ e (- x))))"),
    (r"$\left(\frac{a}{b}\right)^2$", "(^ (/ a b) 2)"),
    (r"$\bigl( a + b \bigr) \Big[ c \Big]$", "(* (+ a b) c)"),
    (r"$|x| + \left|y - a\right|$", "(+ (call abs x) (call abs (+ y (- a))))"),
    (r"$\|y - a\|^2$", "(^ (call norm (+ y (- a))) 2)"),
    (r"$\sqrt{x} \sqrt y$", "(* (call sqrt x) (call sqrt y))"),
    # functions
    (r"$\exp(-z) \ln a$", "(* (call exp (- z)) (call log a))"),
    (r"$y\log a + (1-y)\log(1-a)$", "(+ (* y (call log a)) (* (+ 1 (- y)) (call log (+ 1 (- a)))))"),
    (r"$-y \log \hat{y}_i$", "(- (* y (call log hat(y)_i)))"),
    (r"$\max(0, z)$", "(call max 0 z)"),
    (r"$\sigma(z)(1-\sigma(z))$", "(* (call sigma z) (+ 1 (- (call sigma z))))"),
    (r"$\sigma' = \sigma(1-\sigma)$", "(fun sigma') = (* sigma (+ 1 (- sigma)))"),
    (r"$g^{\prime}(z) = \sigma^\prime(z)$", "(call g' z) = (call sigma' z)"),
    (r"$g^{[1]'}(z^{[1]})$", "(call g^[1]' z^[1])"),
    (r"$1 - \tanh^2(z)$", "(+ 1 (- (^ (call tanh z) 2)))"),
    (r"$1 - \tanh^2 z$", "(+ 1 (- (^ (call tanh z) 2)))"),
    (r"$\sigma^2(z)$", "(^ (call sigma z) 2)"),
    (r"$\sigma^{-1}(z)$", "UNREAD"),
    (r"$\tanh' = 1 - \tanh^2$", "(fun tanh') = UNREAD"),
    (r"$\text{ReLU}(z) = \max(0,z)$", "(call ReLU z) = (call max 0 z)"),
    (r"$\operatorname{sigmoid}(z) \mathrm{softmax}(z)$", "(* (call sigmoid z) (call softmax z))"),
    (r"$a = sigmoid(z)$", "a = (call sigmoid z)"),
    (r"$a_1(1-a_1) w_2(a_1)$", "(* a_1 (+ 1 (- a_1)) w_2 a_1)"),
    (r"$J(w, b) = J(\theta)$", "(call J w b) = (call J theta)"),
    (r"$J(1 - w)$", "(* J (+ 1 (- w)))"),
    (r"$\phi(v) = v^2$ so $\phi(2v)$", "(call phi v) = (^ v 2) ; (call phi (* 2 v))"),
    (r"$q(x) = x^2$ and $q(3)$", "(call q x) = (^ x 2) ; (call q 3)"),
    (r"$h = \sigma(z)$, $w h$, $h(1-h)$", "h = (call sigma z) ; (* w h) ; (* h (+ 1 (- h)))"),
    (r"$h_\theta(x)$", "(call h_theta x)"),
    (r"$f'(x)^2$", "(^ (call f' x) 2)"),
    # derivatives
    (r"$\dfrac{\partial L}{\partial w}$", "(d L w)"),
    (r"$\frac{dL}{dw_1} = \frac{dL}{da}\frac{da}{dz}$", "(d L w_1) = (* (d L a) (d a z))"),
    (r"$\frac{d}{dz}\sigma(z)$", "(d (call sigma z) z)"),
    (r"$\frac{\mathrm{d}L}{\mathrm{d}w}$", "(d L w)"),
    (r"$\frac{\mathrm d L}{\mathrm d w}$", "(d L w)"),
    (r"$\frac{d\hat{y}}{dw}$", "(d hat(y) w)"),
    (r"$dL/dw = dL/dz \cdot dz/dw$", "(d L w) = (* (d L z) (d z w))"),
    (r"$\partial L/\partial w_1 = \partial L / \partial a_1$", "(d L w_1) = (d L a_1)"),
    (r"$\nabla_{w} L = \nabla_W J(W)$", "(d L w) = (d (call J W) W)"),
    (r"$\frac{\partial^2 L}{\partial w^2}$", "(d2 L w)"),
    (r"$\frac{\partial}{\partial w}(a-y)^2 x$", "(* (d (^ (+ a (- y)) 2) w) x)"),
    (r"$\frac{\partial}{\partial w} \frac12 e^2 + c$", "(+ (d (* (/ 1 2) (^ e 2)) w) c)"),
    (r"$\frac{\partial w_1 x + b_1}{\partial w_1}$", "(d (+ (* w_1 x) b_1) w_1)"),
    (r"$\frac{\partial L(w)}{\partial w}$", "(d (call L w) w)"),
    (r"$\frac{\partial L}{\partial w_{ij}^{(l)}}$", "(d L w_ij^(l))"),
    (r"$\frac{dW}{m}$", "(/ dW m)"),
    (r"$\partial_w L$", "(d L w)"),
    (r"$\nabla L$", "UNREAD"),
    (r"$\mathbf{g}(z) = \mathbf{g}'(z)$", "(call g z) = (call g' z)"),
    (r"$\Delta w_1 = -\eta g$", "Delta(w)_1 = (- (* eta g))"),
    (r"$\mathrm{d}L = 2$", "dL = 2"),
    (r"$a \overset{(1)}{=} b \stackrel{?}{=} c$", "a = b = c"),
    (r"$\underbrace{x}_{=a_1}$", "(underbrace x a_1) ; x = a_1"),
    (r"$d(Loss)/d(W2) = a1$", "(d Loss W_2) = a_1"),
    (r"$\partial(L)/\partial(w_1) = x$", "(d L w_1) = x"),
    (r"$\frac{\delta L}{\delta w} = \frac{\delta_2}{\delta_1}$", "(d L w) = (/ delta_2 delta_1)"),
    (r"$(2)\ a = b$", "a = b"),
    (r"$1.\; a = b$", "a = b"),
    (r"$a^{(i)2}$", "(^ a^(i) 2)"),
    (r"$e^{(-z)} + p^{(1-y)}$", "(+ (^ e (- z)) (^ p (+ 1 (- y))))"),
    (r"$a = b, \text{derivative of sigmoid} = c$", "a = b ; UNREAD = c"),
    (r"$\mathop{\text{argmin}}_w L$", "UNREAD"),
    (r"$dL/dw = d L / d w = d / d w$", "(d L w) = (d L w) = (/ d (* d w))"),
    (r"$\mathrm{d}L/\mathrm{d}w_1 = \mathrm d L / \mathrm d w_1$", "(d L w_1) = (d L w_1)"),
    (r"$\frac{{\rm d} L}{{\rm d} w}$", "(d L w)"),
    # other spellings
    (r"${1 \over 2} {\partial L \over \partial w}$", "(* (/ 1 2) (d L w))"),
    (r"$e^{a \over {b \over c}}$", "(^ e (/ a (/ b c)))"),
    (r"$a = b \over c$", "a = UNREAD"),
    (r"${a \over b \over c}$", "UNREAD"),
    (r"$\{a - b\} c \left\{ d \right\}^2$", "(* (+ a (- b)) c (^ d 2))"),
    (r"$\{a, b\}$", "UNREAD"),
    (r"$\sigma\{z\} = \sigma(z)$", "(call sigma z) = (call sigma z)"),
    ("$$a \\left( b \\right. \\\\ \\left. + c \\right) d$$", "(* a (+ b c) d)"),
    (r"$\left( a \right. b$", "UNREAD"),
    (r"$\left. a \right|_{b}$", "UNREAD"),
    (r"$\log_2 p + \lg p$", "(+ (call log_2 p) (call lg p))"),
    (r"$z^1 = w^1 x + b^{1}$, $c^2 - (a^1)^2$",
     "z^1 = (+ (* w^1 x) b^1) ; (+ (^ c 2) (- (^ a^1 2)))"),
    (r"$a^1 = g(z^1)$, $a^2 = g(z^2)$, $r^2 z_j^1 \frac{\partial L}{\partial z^2}$",
     "a^1 = (call g z^1) ; a^2 = (call g z^2) ; (* (^ r 2) z_j^1 (d L z^2))"),
    (r"$x^2 = a$ and $x^1 + a^2$", "(^ x 2) = a ; (+ (^ x 1) (^ a 2))"),
    # marks round a formula
    (r"$\boxed{A = B} \tag{3}$", "A = B"),
    (r"$A = \boxed{2 a}$", "A = (* 2 a)"),
    (r"$\underbrace{a b}_{c} = \overbrace{x}^{\text{the input}}$",
     "(underbrace (* a b) c) = (underbrace x _) ; (* a b) = c"),
    (r"$\cancel{x} y$", "(* (cancel x) y)"),
    (r"$\cancel{-} y$", "UNREAD"),
    (r"$a = \cancel{b c}$", "a = UNREAD"),
    (r"$\text{So, } a = b \text{ (chain rule)}$", "a = b"),
    (r"$a = b, \quad c = d.$", "a = b ; c = d"),
    (r"$a = b \Rightarrow c = d$", "a = b ; c = d"),
    (r"$w \gets w - \eta \cdot g$", "w <- (+ w (- (* eta g)))"),
    (r"$w := w - 0.1 g$", "w := (+ w (- (* 1/10 g)))"),
    (r"$w \mathrel{-}= g$", "UNREAD = g"),
    (r"$w -= g$", "w -= g"),
    (r"$a \approx b \le c \neq d$", "a ~ b <= c != d"),
    (r"$\textcolor{red}{a} + \color{blue} b$", "(+ a b)"),
    # chains and rows
    ("$$\\begin{align}a &= b \\\\ &= c \\\\ d &= e\\end{align}$$", "a = b = c ; d = e"),
    ("\\begin{align*}\nL &= a \\\\\n &\\quad + b \\nonumber \\\\ &= c\n\\end{align*}", "L = (+ a b) = c"),
    ("$$L = \\begin{aligned}[t] &a \\\\ &- b\\end{aligned}$$", "L = (+ a (- b))"),
    ("$$\\left\\{\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}\\right.$$", "a = b ; c = d"),
    ("$$\\begin{cases} a = b \\\\ c = d \\end{cases}$$", "a = b ; c = d"),
    (
        "$$f(x) = \\begin{cases} x & x > 0 \\\\ 0 & x \\le 0 \\end{cases}$$",
        "(call f x) = (* x (call indicator x))",
    ),
    ("$$A = \\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix} = B$$", "A = UNREAD = B"),
    ("$$a = b$$\n\nwhich is\n\n$$= c$$", "a = b = c"),
    ("$$a =$$\n\n$$b$$", "a = b"),
    ("$$a$$\n\n<!-- a remark of more than eight words that nobody is shown at all -->\n$$= b$$", "a = b"),
    ("\\[ a = b \\] and \\( c \\)", "a = b ; c"),
    ("```math\na = b\n```\n", "a = b"),
    ("$`a = b`$", "a = b"),
    ("> $$\n> a\n> = b\n> $$\n", "a = b"),
    ("~~$a = b$~~ and $c$, a ~~ b $d$", "c ; d"),
    ("<del>\n$$a = b$$\n</del> $c$", "c"),
    ("~~never closed $a$\n\n$b$~~", "a ; b"),
    ("Loss (MSE)= $\\frac{1}{2} e^2$", "Loss(MSE) = (* (/ 1 2) (^ e 2))"),
    ("the gradient ∂L/∂w_2 = $x$", "(d L w_2) = x"),
    ("$\\text{Cross Entropy} = a$", "Cross Entropy = a"),
]  # fmt: skip


def shown(text: str) -> str:
    """Everything that is read from a document, on one line."""
    statements = []
    for statement in read(Document("a.md", text)).statements:
        sides = [
            "UNREAD" if side.expression is None else to_key(side.expression)
            for side in statement.sides
        ]
        parts = [sides[0]]
        for relation, side in zip(statement.relations, sides[1:], strict=True):
            parts += [relation.symbol, side]
        statements.append(" ".join(parts))
    return " ; ".join(statements)


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[case[0][:50] for case in CASES])
def test_reads_as_meant(text: str, expected: str) -> None:
    assert shown(text) == expected
