class CardPayment < Payment
end
